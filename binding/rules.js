// The rules that values from callers have to keep. A rule takes (value, field) and returns the value or throws.

export function failure(code, message, field) {
  const error = new Error(message);
  error.code = code;
  if (field !== undefined) error.field = field;
  return error;
}

export function optional(rule, fallback) {
  return (value, field) => (value === undefined ? fallback : rule(value, field));
}

export function oneOf(...allowed) {
  return (value, field) => {
    if (allowed.includes(value)) return value;
    throw failure('InvalidArgument', `${field} is ${show(value)}: expected one of ${allowed.join(', ')}`, field);
  };
}

export function integer(low, high) {
  return (value, field) => {
    if (Number.isSafeInteger(value) && value >= low && value <= high) return value;
    throw failure('InvalidArgument', `${field} is ${show(value)}: expected an integer from ${low} to ${high}`, field);
  };
}

export function boolean() {
  return (value, field) => {
    if (typeof value === 'boolean') return value;
    throw failure('InvalidArgument', `${field} is ${show(value)}: expected true or false`, field);
  };
}

// An object with some of `keys`, each value by `rule`.
export function record(keys, rule) {
  return (value, field) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw failure('InvalidArgument', `${field} is ${show(value)}: expected an object`, field);
    }
    const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
    const unknown = entries.find(([key]) => !keys.includes(key));
    if (unknown) {
      throw failure(
        'InvalidArgument',
        `${field} has an unknown key ${show(unknown[0])}: expected ${keys.join(', ')}`,
        field,
      );
    }
    return Object.fromEntries(entries.map(([key, entry]) => [key, rule(entry, `${field}.${key}`)]));
  };
}

// An array of at most `most` different values, each by `rule`.
export function distinct(most, rule) {
  return (value, field) => {
    if (!Array.isArray(value) || value.length > most) {
      throw failure('InvalidArgument', `${field} is ${show(value)}: expected an array of at most ${most}`, field);
    }
    const checked = value.map((entry, index) => rule(entry, `${field}[${index}]`));
    if (new Set(checked).size !== checked.length) {
      throw failure('InvalidArgument', `${field} names a value twice`, field);
    }
    return checked;
  };
}

// A bigint that fits into 64 bits without a sign.
export function unsigned64(value, field) {
  if (typeof value === 'bigint' && value >= 0n && value < 1n << 64n) return value;
  throw failure('InvalidArgument', `${field} is ${show(value)}: expected a bigint from 0 to 2^64 - 1`, field);
}

export function text() {
  return (value, field) => {
    if (typeof value !== 'string') {
      throw failure('InvalidArgument', `${field} is ${show(value)}: expected a string`, field);
    }
    if (value.includes('\0')) throw failure('InvalidArgument', `${field} contains a zero byte`, field);
    return value;
  };
}

export function path() {
  return (value, field) => {
    if (text()(value, field) === '') {
      throw failure('InvalidArgument', `${field} is empty: expected the path of a file`, field);
    }
    return value;
  };
}

export function show(value) {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value);
  if (typeof value === 'object' || typeof value === 'function') return value === null ? 'null' : `a ${typeof value}`;
  return String(value);
}

// An object with some of `fields`, as an object with all of them.
export function checkFields(fields, value, name) {
  if (typeof value !== 'object' || value === null) {
    throw failure('InvalidArgument', `${name} is ${show(value)}: expected an object`, name);
  }
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(fields, key)) throw failure('InvalidArgument', `${name} has an unknown field ${show(key)}`, key);
  }
  return Object.fromEntries(Object.entries(fields).map(([field, rule]) => [field, rule(value[field], field)]));
}

export function bytes(value, field) {
  if (value instanceof Uint8Array) return value;
  throw failure('InvalidArgument', `${field} is ${show(value)}: expected a Uint8Array`, field);
}
