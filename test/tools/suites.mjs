// What `npm test` consists of beyond the checks. Each suite of this table must be there: a suite whose files have gone
// missing is a failure, not a shorter list.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { filesLike, openProject, ROOT } from './project.mjs';
import { execute, lastLines, verdict } from './steps/runner.mjs';
import { runVitest } from './steps/vitest.mjs';

/** @typedef {import('./steps/runner.mjs').Step} Step */
/** @typedef {import('./steps/runner.mjs').Outcome} Outcome */

/** Suites that print `N passed, N failed, N skipped` as their last line. */
const PROGRAMS = [
  { name: 'conformance', entry: 'test/conformance/run.mjs', args: ['--quick', '--tier', 'both'], minutes: 8 },
  { name: 'kvm', entry: 'test/kvm/run.ts', args: [], minutes: 30 },
];

/** Projects of vitest.config.ts, with the folder their tests are in. */
const VITEST_SUITES = [
  { name: 'contract', folder: 'test/contract', minutes: 6 },
  { name: 'guest', folder: 'test/guest', minutes: 20 },
  { name: 'e2e', folder: 'test/e2e', minutes: 6 },
];

/** @param {typeof PROGRAMS[number]} suite @returns {Step} */
function programStep({ name, entry, args, minutes }) {
  return {
    name,
    run: async () => {
      if (!existsSync(join(ROOT, entry))) return verdict([`${entry} is missing; this suite is mandatory`]);
      return readSummary(await execute('node', [entry, ...args], { minutes }));
    },
  };
}

/** @param {{ status: number, output: string }} result @returns {Outcome} */
export function readSummary({ status, output }) {
  const match = /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(output.trimEnd().split('\n').at(-1) ?? '');
  if (!match) return verdict([`no summary in the last line (status ${status})\n${lastLines(output)}`]);
  const [passed = 0, failed = 0, skipped = 0] = match.slice(1).map(Number);
  const isGood = status === 0 && failed === 0 && passed > 0;
  const findings = isGood ? [] : [`status ${status}\n${lastLines(output)}`];
  const notRun = skipped > 0 ? [`${skipped} skipped; its own output says why\n${lastLines(output)}`] : [];
  return { counts: { passed, failed: isGood ? 0 : Math.max(failed, 1), skipped }, findings, notRun };
}

/** @param {typeof VITEST_SUITES[number]} suite @returns {Step} */
function vitestStep({ name, folder, minutes }) {
  return {
    name,
    run: async () => {
      const tests = filesLike(openProject(), new RegExp(`^${folder}/.*\\.test\\.ts$`));
      if (tests.length === 0) return verdict([`${folder} has no tests; this suite is mandatory`]);
      return runVitest(name, { minutes });
    },
  };
}

/** @type {readonly Step[]} */
export const SUITE_STEPS = [...PROGRAMS.map(programStep), ...VITEST_SUITES.map(vitestStep)];

/** What no suite here can show on this machine, whatever is installed. @returns {string[]} */
export function absentHere() {
  const absent = [];
  const electron = process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(ROOT, 'node_modules', 'electron', 'dist');
  if (!existsSync(join(electron, 'version'))) {
    absent.push(
      'electron: the Electron runtime is not installed (npm brings its installer only), so the desktop shell itself was not started; the same page ran in a browser',
    );
  }
  if (!existsSync('/dev/kvm') || process.arch !== 'arm64') {
    absent.push('kvm: this is no arm64 machine with /dev/kvm; engine kvm ran in an emulated one (test/kvm)');
  }
  if (process.platform !== 'darwin') absent.push('macOS: its part of binding/base/sys is compiled on a Mac only');
  return absent;
}
