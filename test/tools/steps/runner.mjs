// Runs steps one after the other and says in one line each how it went.
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { ROOT } from '../project.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * @typedef {object} Outcome
 * @property {Counts} counts a step that checks one thing counts one
 * @property {readonly string[]} findings what to mend, one entry each; a failed step has at least one
 * @property {readonly string[]} [notRun] what was left out here, and why
 * @property {string} [note] a few words for the summary line
 */

/** @typedef {{ fix: boolean, fast: boolean }} Options */
/** @typedef {{ name: string, fast?: boolean, run: (options: Options) => Outcome | Promise<Outcome> }} Step */

const SHOWN_FINDINGS = 40;

/** The outcome of a step that is one check. @param {readonly string[]} findings @param {string} [note] @returns {Outcome} */
export function verdict(findings, note = '') {
  const isGood = findings.length === 0;
  return { counts: { passed: isGood ? 1 : 0, failed: isGood ? 0 : 1, skipped: 0 }, findings, note };
}

/**
 * @param {readonly Step[]} steps
 * @param {Options} options
 * @param {(text: string) => void} print
 * @returns {Promise<{ counts: Counts, notRun: string[], failedSteps: string[] }>}
 */
export async function runSteps(steps, options, print = (text) => process.stdout.write(`${text}\n`)) {
  const total = { counts: { passed: 0, failed: 0, skipped: 0 }, notRun: [], failedSteps: [] };
  for (const step of steps) {
    const start = performance.now();
    const outcome = await runOne(step, options);
    const { passed, failed, skipped } = outcome.counts;
    const isGood = failed === 0 && outcome.findings.length === 0;
    total.counts.passed += passed;
    // A finding without a count must not pass as a success.
    total.counts.failed += isGood ? 0 : Math.max(failed, 1);
    total.counts.skipped += skipped;
    total.notRun.push(...(outcome.notRun ?? []).map((text) => `${step.name}: ${text}`));
    if (!isGood) total.failedSteps.push(step.name);

    const seconds = ((performance.now() - start) / 1000).toFixed(1).padStart(7);
    const amount = passed + failed + skipped > 1 ? `${passed} passed, ${failed} failed, ${skipped} skipped` : '';
    const words = [amount, outcome.note].filter(Boolean).join('; ');
    print(`${isGood ? 'ok  ' : 'FAIL'}  ${step.name.padEnd(16)}${seconds} s  ${words}`.trimEnd());
    for (const finding of outcome.findings.slice(0, SHOWN_FINDINGS))
      print(`      ${finding.replaceAll('\n', '\n      ')}`);
    const hidden = outcome.findings.length - SHOWN_FINDINGS;
    if (hidden > 0) print(`      ... and ${hidden} more`);
  }
  return total;
}

/** @param {Step} step @param {Options} options @returns {Promise<Outcome>} */
async function runOne(step, options) {
  try {
    return await step.run(options);
  } catch (error) {
    // A checker that breaks has not checked anything.
    return verdict([
      `the step itself failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    ]);
  }
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, minutes?: number }} options minutes: when to kill it; default 20
 * @returns {Promise<{ status: number, output: string }>} both streams in one; 124 when it was killed for its time
 */
export function execute(command, args, { cwd = ROOT, env = {}, minutes = 20 } = {}) {
  return new Promise((resolve) => {
    // The tools of the project before those of the system: above all its Node.
    const path = `${join(ROOT, 'node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}`;
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, PATH: path, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, minutes * 60_000);
    const take = (/** @type {Buffer} */ chunk) => (output += chunk.toString('utf8'));
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', (error) => (output += `${command}: ${error.message}\n`));
    child.on('close', (status) => {
      clearTimeout(timer);
      if (isLate) output += `\nkilled: it took longer than ${minutes} minutes\n`;
      resolve({ status: isLate ? 124 : (status ?? 1), output });
    });
  });
}

/** The last lines of an output, as one finding. @param {string} output @param {number} lines */
export function lastLines(output, lines = 30) {
  return output.trimEnd().split('\n').slice(-lines).join('\n');
}
