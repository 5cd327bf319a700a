// The core under the other compilers: clang, and g++ for arm64 Linux with its unit tests under qemu-user.
//   node test/tools/cross.mjs [clang|aarch64]
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchQemuUser } from '../conformance/newest-qemu.ts';
import { AARCH64_FOLDER, buildAarch64 } from './aarch64.mjs';
import { bootArm64Jit } from './arm64-guest.mjs';
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

const NOT_RUN = "the JIT's code memory on macOS (MAP_JIT, write protection by thread): there is no macOS host here";
/** Instances: a twentieth of the step `conformance`, for the processor is emulated. */
const INSTANCES = 10_000;

/**
 * What runs arm64 programs. The newest: before 8.1 it does not see that the JIT has changed code through the mapping that
 * is for writing. Speed, the memory model of real processors and macOS's way to memory for code are not tested by it.
 * @param {readonly string[]} more
 */
async function launcher(more = []) {
  return [await fetchQemuUser(), '-L', '/usr/aarch64-linux-gnu', ...more];
}

/** The emulator of an arm64 host against the same oracles. @param {'interpreter' | 'jit'} tier */
async function arm64Conformance(tier) {
  const sizes = ['--count', String(INSTANCES), '--seed', '1', '--build', AARCH64_FOLDER, '--tier', tier];
  const args = ['test/conformance/run.mjs', ...sizes, '--launcher', (await launcher()).join(' ')];
  return readSummary(await execute('node', args));
}

/** Every vCPU of the emulator's tests under the JIT. */
async function arm64Jit() {
  return runTestPrograms(AARCH64_FOLDER, await launcher(['-E', 'DORMOUSE_TEST_JIT=1']), ['test_emulator']);
}

/** @param {Outcome} a @param {Outcome} b @returns {Outcome} */
function joined(a, b) {
  const counts = {
    passed: a.counts.passed + b.counts.passed,
    failed: a.counts.failed + b.counts.failed,
    skipped: a.counts.skipped + b.counts.skipped,
  };
  const notRun = [...(a.notRun ?? []), ...(b.notRun ?? [])];
  return { counts, findings: [...a.findings, ...b.findings], notRun, note: a.note };
}

/** @type {readonly import('./steps/runner.mjs').Step[]} */
export const CROSS_STEPS = [
  { name: 'clang', run: clang },
  {
    name: 'aarch64',
    run: async () => {
      const findings = await buildAarch64(['all', 'dormouse_addon', 'conformance']);
      if (findings.length > 0) return verdict(findings);
      const parts = [
        await runTestPrograms(AARCH64_FOLDER, await launcher()),
        await arm64Jit(),
        await arm64Conformance('interpreter'),
        await arm64Conformance('jit'),
        verdict(await bootArm64Jit(await launcher())),
      ];
      const outcome = parts.reduce(joined);
      const note = `${outcome.note ?? ''}; the emulator's again under the JIT; instruction conformance of both; Debian boots`;
      return { ...outcome, note, notRun: [...(outcome.notRun ?? []), NOT_RUN] };
    },
  },
];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const named = process.argv.slice(2);
  const steps = CROSS_STEPS.filter((step) => named.length === 0 || named.includes(step.name));
  const { failedSteps } = await runSteps(steps, { fix: false, fast: false });
  process.exitCode = failedSteps.length > 0 || steps.length === 0 ? 1 : 0;
}
