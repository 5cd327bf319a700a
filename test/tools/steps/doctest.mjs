// Builds and runs the C++ unit tests of a build folder.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { execute, lastLines } from './runner.mjs';

/** @typedef {import('./runner.mjs').Outcome} Outcome */

/**
 * @param {string} folder build folder
 * @param {readonly string[]} targets
 * @returns {Promise<string[]>} findings
 */
export async function buildTargets(folder, targets) {
  const { status, output } = await execute('cmake', ['--build', folder, '--target', ...targets], { minutes: 30 });
  if (status === 0) return [];
  const errors = output.split('\n').filter((line) => /\berror\b|FAILED|undefined reference|: cannot find /.test(line));
  return [errors.length > 0 ? errors.slice(0, 30).join('\n') : lastLines(output)];
}

/**
 * Runs every test program of a build folder.
 * @param {string} folder
 * @param {readonly string[]} launcher what to put before the program, for another architecture
 * @param {readonly string[]} [only] names of programs; all without it
 * @returns {Promise<Outcome>}
 */
export async function runTestPrograms(folder, launcher = [], only = undefined) {
  const all = readdirSync(folder).filter((name) => /^test_[a-z0-9_]+$/.test(name));
  const programs = all.filter((name) => only?.includes(name) ?? true);
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const findings = [];
  for (const program of programs.sort()) {
    const [command = '', ...args] = [...launcher, join(folder, program), '--no-colors=true'];
    const { status, output } = await execute(command, args, { minutes: 10 });
    const found = parseDoctest(output);
    counts.passed += found?.passed ?? 0;
    counts.failed += found?.failed ?? 0;
    counts.skipped += found?.skipped ?? 0;
    const isGood = status === 0 && found !== undefined && found.failed === 0;
    if (isGood) continue;
    // A program that dies before its summary has failed as a whole.
    if (found === undefined || found.failed === 0) counts.failed += 1;
    findings.push(`${program} ended with status ${status}\n${lastLines(output, 40)}`);
  }
  if (programs.length === 0) findings.push(`${folder} has no test programs`);
  return { counts, findings, note: `${programs.length} programs` };
}

/** @param {string} output @returns {import('./runner.mjs').Counts | undefined} undefined: there is no summary */
export function parseDoctest(output) {
  const match = /test cases:\s*(\d+)\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed\s*\|(?:\s*(\d+) skipped)?/.exec(output);
  if (!match) return undefined;
  return { passed: Number(match[2]), failed: Number(match[3]), skipped: Number(match[4] ?? 0) };
}
