// The matchers of vitest that the suites in the rig use, with its meanings.
import { inspect, isDeepStrictEqual } from 'node:util';

const SHOWN = 1500;
const show = (/** @type {unknown} */ value) => {
  const text = inspect(value, { depth: 8, breakLength: 120, maxArrayLength: 60, maxStringLength: 1000 });
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text;
};

/** A value that matches others by a rule of its own. */
class Pattern {
  /** @param {string} text @param {(value: unknown) => boolean} matches */
  constructor(text, matches) {
    this.text = text;
    this.matches = matches;
  }
  [inspect.custom]() {
    return this.text;
  }
}

const isObject = (/** @type {unknown} */ value) => typeof value === 'object' && value !== null;

/** Equal as toEqual() means it: by contents, without regard to fields that are undefined. */
function equal(/** @type {any} */ actual, /** @type {any} */ expected) {
  if (expected instanceof Pattern) return expected.matches(actual);
  if (!isObject(actual) || !isObject(expected)) return Object.is(actual, expected);
  if (Array.isArray(actual) !== Array.isArray(expected)) return false;
  if (Array.isArray(expected)) {
    return actual.length === expected.length && expected.every((value, index) => equal(actual[index], value));
  }
  if (!isPlain(actual) || !isPlain(expected)) return isDeepStrictEqual(actual, expected);
  const keys = new Set([...Object.keys(actual), ...Object.keys(expected)]);
  return [...keys].every((key) => equal(actual[key], expected[key]));
}

function isPlain(/** @type {object} */ value) {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Array.isArray(value);
}

/** As toMatchObject() means it: what `expected` does not name does not count. */
function matchesObject(/** @type {any} */ actual, /** @type {any} */ expected) {
  if (expected instanceof Pattern || !isObject(expected)) return equal(actual, expected);
  if (!isObject(actual)) return false;
  if (Array.isArray(expected) && actual.length !== expected.length) return false;
  return Object.keys(expected).every((key) => matchesObject(actual[key], expected[key]));
}

const contains = (/** @type {any} */ actual, /** @type {any} */ part) =>
  typeof actual === 'string' ? actual.includes(part) : [...actual].some((value) => Object.is(value, part));

function throws(/** @type {any} */ error, /** @type {any} */ expected) {
  if (expected === undefined) return true;
  const message = String(error?.message ?? error);
  return expected instanceof RegExp ? expected.test(message) : message.includes(expected);
}

/** @type {Record<string, (actual: any, ...args: any[]) => boolean>} */
const MATCHERS = {
  toBe: Object.is,
  toEqual: equal,
  toStrictEqual: isDeepStrictEqual,
  toMatchObject: matchesObject,
  toContain: contains,
  toContainEqual: (actual, part) => [...actual].some((value) => equal(value, part)),
  toMatch: (actual, pattern) => (pattern instanceof RegExp ? pattern.test(actual) : actual.includes(pattern)),
  toHaveLength: (actual, length) => actual.length === length,
  toBeGreaterThan: (actual, limit) => actual > limit,
  toBeGreaterThanOrEqual: (actual, limit) => actual >= limit,
  toBeLessThan: (actual, limit) => actual < limit,
  toBeLessThanOrEqual: (actual, limit) => actual <= limit,
  toBeDefined: (actual) => actual !== undefined,
  toBeUndefined: (actual) => actual === undefined,
  toBeNull: (actual) => actual === null,
  toBeTruthy: Boolean,
  toBeFalsy: (actual) => !actual,
};

const negated = (/** @type {boolean} */ isNot) => (isNot ? 'not ' : '');

/** @param {unknown} actual @param {string} note @param {boolean} isNot */
function matchersOf(actual, note, isNot) {
  const entries = Object.entries(MATCHERS).map(([name, matches]) => [
    name,
    (/** @type {unknown[]} */ ...args) => {
      if (matches(actual, ...args) !== isNot) return;
      const wanted = args.map(show).join(', ');
      throw new Error(`${note}expected ${negated(isNot)}${name}(${wanted})\n  received ${show(actual)}`);
    },
  ]);
  const toThrow = (/** @type {unknown} */ expected) => {
    let error;
    let hasThrown = false;
    try {
      /** @type {() => unknown} */ (actual)();
    } catch (caught) {
      hasThrown = true;
      error = caught;
    }
    if ((hasThrown && throws(error, expected)) !== isNot) return;
    throw new Error(`${note}expected ${negated(isNot)}to throw ${show(expected)}\n  received ${show(error)}`);
  };
  return Object.fromEntries([...entries, ['toThrow', toThrow]]);
}

/** Matchers over what a promise settles to. */
function settled(/** @type {Promise<unknown>} */ promise, /** @type {string} */ note, /** @type {boolean} */ rejects) {
  const value = Promise.resolve(promise).then(
    (result) => {
      if (rejects) throw new Error(`${note}expected to reject\n  received ${show(result)}`);
      return result;
    },
    (error) => {
      if (!rejects) throw error;
      return error;
    },
  );
  const later =
    (/** @type {string} */ name) =>
    async (/** @type {unknown[]} */ ...args) => {
      const result = await value;
      if (name !== 'toThrow') return matchersOf(result, note, false)[name](...args);
      if (!throws(result, args[0]))
        throw new Error(`${note}expected to reject with ${show(args[0])}\n  ${show(result)}`);
    };
  return Object.fromEntries([...Object.keys(MATCHERS), 'toThrow'].map((name) => [name, later(name)]));
}

/** @param {any} actual @param {string} [message] */
export function expect(actual, message) {
  const note = message === undefined ? '' : `${message}: `;
  return {
    ...matchersOf(actual, note, false),
    not: matchersOf(actual, note, true),
    get resolves() {
      return settled(actual, note, false);
    },
    get rejects() {
      return settled(actual, note, true);
    },
  };
}

expect.any = (/** @type {any} */ type) =>
  new Pattern(`any ${type.name}`, (value) => Object(value) instanceof type || typeof value === type.name.toLowerCase());
expect.anything = () => new Pattern('anything', (value) => value !== undefined && value !== null);
expect.stringContaining = (/** @type {string} */ part) =>
  new Pattern(`a string with ${show(part)}`, (value) => typeof value === 'string' && value.includes(part));
expect.stringMatching = (/** @type {RegExp} */ pattern) =>
  new Pattern(`a string like ${pattern}`, (value) => typeof value === 'string' && pattern.test(value));
expect.objectContaining = (/** @type {object} */ part) =>
  new Pattern(`an object with ${show(part)}`, (value) => matchesObject(value, part));
expect.arrayContaining = (/** @type {unknown[]} */ parts) =>
  new Pattern(
    `an array with ${show(parts)}`,
    (value) => Array.isArray(value) && parts.every((part) => value.some((one) => equal(one, part))),
  );
