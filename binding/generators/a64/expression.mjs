// Expressions over the fields of a row: constraints and computed immediates. One small grammar that means the same in
// JavaScript and C++: identifiers, numbers, parentheses and C's operators without ?: and assignments.

const TOKEN = /\s*(0x[0-9a-fA-F]+|\d+|[A-Za-z_][A-Za-z0-9_]*|<<|>>|<=|>=|==|!=|&&|\|\||[-+*&|^~!<>(),])/y;

/** Throws unless `text` consists of known names and operators. Returns the tokens. */
export function checkExpression(text, names, functions = []) {
  const tokens = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new Error(`cannot read "${text.slice(at)}"`);
    const token = match[1];
    if (/^[A-Za-z_]/.test(token) && !names.includes(token) && !functions.includes(token)) {
      throw new Error(`no field "${token}"`);
    }
    tokens.push(token);
  }
  if (tokens.length === 0) throw new Error('empty expression');
  return tokens;
}

/** The expression in C++ with each field name replaced by `accessor(name)`. */
export function toCpp(text, fieldNames, accessor, functions = []) {
  return checkExpression(text, fieldNames, functions)
    .map((token) => (fieldNames.includes(token) ? accessor(token) : token))
    .join(' ');
}

/** A function from a 32-bit word to whether the row's constraints hold. */
export function constraintPredicate(row) {
  if (row.constraints.length === 0) return () => true;
  const names = row.fields.map((field) => field.name);
  const body = row.constraints.map((text) => `(${checkExpression(text, names).join(' ')})`).join(' && ');
  const evaluate = new Function(...names, `return Boolean(${body});`);
  return (word) => evaluate(...row.fields.map((field) => (word >>> field.low) & (2 ** field.width - 1)));
}

/** Names of the fields that the row's constraints mention. */
export function constrainedFields(row) {
  const names = row.fields.map((field) => field.name);
  const used = new Set(row.constraints.flatMap((text) => checkExpression(text, names)));
  return row.fields.filter((field) => used.has(field.name));
}
