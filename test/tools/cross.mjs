// The core under the other compilers: clang, and g++ for arm64 Linux with its unit tests under qemu-user.
//   node test/tools/cross.mjs [clang|aarch64]
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchArm64Sysroot } from '../../src/node/images/sysroot.ts';
import { ROOT } from './project.mjs';
import { buildTargets, runTestPrograms } from './steps/doctest.mjs';
import { execute, lastLines, runSteps, verdict } from './steps/runner.mjs';

/** @typedef {import('./steps/runner.mjs').Outcome} Outcome */

/**
 * @param {string} name folder below build/
 * @param {readonly string[]} options of CMake
 * @param {readonly string[]} launcher
 * @returns {Promise<Outcome>}
 */
async function buildAndTest(name, options, launcher = []) {
  const folder = join(ROOT, 'build', name);
  const common = [
    '-G',
    'Ninja',
    '-DCMAKE_BUILD_TYPE=Release',
    '-DDORMOUSE_ADDON=OFF',
    '-DCMAKE_CXX_COMPILER_LAUNCHER=ccache',
  ];
  const configured = await execute('cmake', ['-S', 'binding', '-B', folder, ...common, ...options]);
  if (configured.status !== 0) return verdict([lastLines(configured.output)]);
  const findings = await buildTargets(folder, ['all']);
  return findings.length > 0 ? verdict(findings) : runTestPrograms(folder, launcher);
}

/** @type {readonly import('./steps/runner.mjs').Step[]} */
export const CROSS_STEPS = [
  { name: 'clang', run: () => buildAndTest('clang', ['-DCMAKE_CXX_COMPILER=clang++']) },
  {
    name: 'aarch64',
    run: async () => {
      const sysroot = await fetchArm64Sysroot();
      const toolchain = join(ROOT, 'binding', 'cmake', 'aarch64-linux-gnu.cmake');
      const options = [`-DCMAKE_TOOLCHAIN_FILE=${toolchain}`, `-DDORMOUSE_SYSROOT=${sysroot}`];
      return buildAndTest('aarch64', options, ['qemu-aarch64', '-L', '/usr/aarch64-linux-gnu']);
    },
  },
];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const named = process.argv.slice(2);
  const steps = CROSS_STEPS.filter((step) => named.length === 0 || named.includes(step.name));
  const { failedSteps } = await runSteps(steps, { fix: false, fast: false });
  process.exitCode = failedSteps.length > 0 || steps.length === 0 ? 1 : 0;
}
