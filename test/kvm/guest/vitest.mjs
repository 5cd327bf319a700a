// The part of vitest that the suites in the rig use. The real one needs native packages for arm64, and half a minute of an
// emulated CPU.
import { format } from 'node:util';
export { expect } from './expect.mjs';

/** @typedef {{ name: string, run: () => unknown, timeout: number }} Case */

const DEFAULT_TIMEOUT_MS = 300_000;
/** A test that waits long says so, well before the rig takes its suite for hung. */
const SIGN_OF_LIFE_MS = 100_000;
const cases = /** @type {Case[]} */ ([]);
const hooks = { beforeAll: [], beforeEach: [], afterEach: [], afterAll: [] };
const finishers = /** @type {(() => unknown)[]} */ ([]);
const titles = /** @type {string[]} */ ([]);

/** @param {string} name @param {unknown} second options or the test @param {unknown} third the test or its limit */
export function test(name, second, third) {
  const run = /** @type {() => unknown} */ (typeof second === 'function' ? second : third);
  const options = typeof second === 'function' ? third : second;
  const timeout = typeof options === 'number' ? options : (options?.timeout ?? DEFAULT_TIMEOUT_MS);
  cases.push({ name: [...titles, name].join(' > '), run, timeout });
}
export const it = test;

/** A row as the arguments of the test. @param {readonly unknown[]} rows */
test.each = (rows) => (name, run, options) => {
  rows.forEach((row, index) => {
    const args = Array.isArray(row) ? row : [row];
    test(titleOf(name, args, index), () => run(...args), options);
  });
};
/** A row as the only argument. @param {readonly unknown[]} rows */
test.for = (rows) => (name, run, options) => {
  rows.forEach((row, index) => {
    test(titleOf(name, Array.isArray(row) ? row : [row], index), () => run(row), options);
  });
};

/** @param {string} name @param {readonly unknown[]} args @param {number} index */
function titleOf(name, args, index) {
  const values = (name.match(/%[sdifjoO]/g) ?? []).length;
  const filled = name.replaceAll('%#', String(index));
  const first = args[0];
  const named = filled.replace(/\$(\w+)/g, (whole, key) =>
    typeof first === 'object' && first !== null && key in first ? String(first[key]) : whole,
  );
  return format(named, ...args.slice(0, values));
}

/** @param {string} name @param {() => void} body */
export function describe(name, body) {
  titles.push(name);
  body();
  titles.pop();
}

export const beforeAll = (/** @type {() => unknown} */ hook) => hooks.beforeAll.push(hook);
export const beforeEach = (/** @type {() => unknown} */ hook) => hooks.beforeEach.push(hook);
export const afterEach = (/** @type {() => unknown} */ hook) => hooks.afterEach.push(hook);
export const afterAll = (/** @type {() => unknown} */ hook) => hooks.afterAll.push(hook);
export const onTestFinished = (/** @type {() => unknown} */ hook) => finishers.push(hook);

const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @template T @param {() => T} probe @param {(value: Awaited<T>) => boolean} isGood @param {{timeout?: number, interval?: number} | number} options */
async function poll(probe, isGood, options) {
  const { timeout = 1000, interval = 50 } = typeof options === 'number' ? { timeout: options } : options;
  const limit = performance.now() + timeout;
  for (;;) {
    let failure = new Error(`nothing in ${timeout} ms`);
    try {
      const value = await probe();
      if (isGood(value)) return value;
    } catch (error) {
      failure = /** @type {Error} */ (error);
    }
    if (performance.now() > limit) throw failure;
    await pause(interval);
  }
}

export const vi = {
  /** Until it does not throw. */
  waitFor: (probe, options = {}) => poll(probe, () => true, options),
  /** Until it is truthy. */
  waitUntil: (probe, options = {}) => poll(probe, Boolean, options),
};

/** @param {() => unknown} run @param {number} timeout */
async function limited(run, timeout) {
  let timer;
  const waiting = setInterval(() => process.stdout.write('still waiting\n'), SIGN_OF_LIFE_MS);
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${timeout} ms`)), timeout);
  });
  try {
    await Promise.race([run(), late]);
  } finally {
    clearTimeout(timer);
    clearInterval(waiting);
  }
}

/** @param {Case} one */
async function runCase(one) {
  const start = performance.now();
  const errors = /** @type {unknown[]} */ ([]);
  const attempt = async (/** @type {() => unknown} */ run, timeout = DEFAULT_TIMEOUT_MS) => {
    try {
      await limited(run, timeout);
    } catch (error) {
      errors.push(error);
    }
  };
  for (const hook of hooks.beforeEach) await attempt(hook);
  if (errors.length === 0) await attempt(one.run, one.timeout);
  for (const hook of finishers.splice(0).reverse()) await attempt(hook);
  for (const hook of hooks.afterEach) await attempt(hook);
  const message = errors.map((error) => (error instanceof Error ? error.stack : String(error))).join('\n');
  const seconds = (performance.now() - start) / 1000;
  return { kind: 'test', name: one.name, status: errors.length > 0 ? 'failed' : 'passed', seconds, message };
}

/**
 * Runs what the suite's file has registered.
 * @param {(line: Record<string, unknown>) => void} say
 * @param {string} suite name of the suite
 * @param {readonly string[]} only parts of names; when the suite's own name has one of them, all of its tests run
 */
export async function runCollected(say, suite, only) {
  const isWanted = (/** @type {Case} */ one) =>
    only.length === 0 || only.some((part) => suite.includes(part) || one.name.includes(part));
  const chosen = cases.filter(isWanted);
  say({ kind: 'suite', name: suite, tests: cases.length, chosen: chosen.length });
  if (chosen.length === 0) return;
  for (const hook of hooks.beforeAll) await hook();
  for (const one of chosen) {
    say({ kind: 'start', name: one.name });
    say(await runCase(one));
  }
  for (const hook of hooks.afterAll) await hook();
}
