// The core under the other compilers: clang, and g++ for arm64 Linux with its unit tests under qemu-user.
//   node test/tools/cross.mjs [clang|aarch64]
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AARCH64_FOLDER, buildAarch64 } from './aarch64.mjs';
import { ROOT } from './project.mjs';
import { buildTargets, runTestPrograms } from './steps/doctest.mjs';
import { execute, lastLines, runSteps, verdict } from './steps/runner.mjs';

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

/** @type {readonly import('./steps/runner.mjs').Step[]} */
export const CROSS_STEPS = [
  { name: 'clang', run: clang },
  {
    name: 'aarch64',
    run: async () => {
      const findings = await buildAarch64(['all', 'dormouse_addon']);
      if (findings.length > 0) return verdict(findings);
      return runTestPrograms(AARCH64_FOLDER, ['qemu-aarch64', '-L', '/usr/aarch64-linux-gnu']);
    },
  },
];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const named = process.argv.slice(2);
  const steps = CROSS_STEPS.filter((step) => named.length === 0 || named.includes(step.name));
  const { failedSteps } = await runSteps(steps, { fix: false, fast: false });
  process.exitCode = failedSteps.length > 0 || steps.length === 0 ? 1 : 0;
}
