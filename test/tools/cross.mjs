// The core under the other compilers: clang, and g++ for arm64 Linux with its unit tests under qemu-user.
//   node test/tools/cross.mjs [clang|aarch64]
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AARCH64_FOLDER, buildAarch64 } from './aarch64.mjs';
import { ROOT } from './project.mjs';
import { buildTargets, runTestPrograms } from './steps/doctest.mjs';
import { execute, lastLines, runSteps, verdict } from './steps/runner.mjs';
import { readSummary } from './suites.mjs';

/** @typedef {import('./steps/runner.mjs').Outcome} Outcome */

/** @returns {Promise<Outcome>} */
async function clang() {
  const folder = join(ROOT, 'build', 'clang');
  const configured = await execute('cmake', [
    ...['-S', 'binding', '-B', folder, '-G', 'Ninja', '-DCMAKE_BUILD_TYPE=Release', '-DDORMOUSE_ADDON=OFF'],
    ...['-DCMAKE_CXX_COMPILER_LAUNCHER=ccache', '-DCMAKE_CXX_COMPILER=clang++'],
  ]);
  if (configured.status !== 0) return verdict([lastLines(configured.output)]);
  const findings = await buildTargets(folder, ['all']);
  return findings.length > 0 ? verdict(findings) : runTestPrograms(folder);
}

const LAUNCHER = ['qemu-aarch64', '-L', '/usr/aarch64-linux-gnu'];
/** Instances: a twentieth of the step `conformance`, for the processor is emulated. */
const INSTANCES = 10_000;

/** The emulator of an arm64 host against the same oracles. */
async function arm64Conformance() {
  const sizes = ['--count', String(INSTANCES), '--seed', '1', '--build', AARCH64_FOLDER];
  const args = ['test/conformance/run.mjs', ...sizes, '--launcher', LAUNCHER.join(' ')];
  return readSummary(await execute('node', args));
}

/** @param {Outcome} a @param {Outcome} b @returns {Outcome} */
function joined(a, b) {
  const counts = {
    passed: a.counts.passed + b.counts.passed,
    failed: a.counts.failed + b.counts.failed,
    skipped: a.counts.skipped + b.counts.skipped,
  };
  const note = `${a.note}; instruction conformance`;
  return { counts, findings: [...a.findings, ...b.findings], notRun: [...(a.notRun ?? []), ...(b.notRun ?? [])], note };
}

/** @type {readonly import('./steps/runner.mjs').Step[]} */
export const CROSS_STEPS = [
  { name: 'clang', run: clang },
  {
    name: 'aarch64',
    run: async () => {
      const findings = await buildAarch64(['all', 'dormouse_addon', 'conformance']);
      if (findings.length > 0) return verdict(findings);
      const programs = await runTestPrograms(AARCH64_FOLDER, LAUNCHER);
      return joined(programs, await arm64Conformance());
    },
  },
];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const named = process.argv.slice(2);
  const steps = CROSS_STEPS.filter((step) => named.length === 0 || named.includes(step.name));
  const { failedSteps } = await runSteps(steps, { fix: false, fast: false });
  process.exitCode = failedSteps.length > 0 || steps.length === 0 ? 1 : 0;
}
