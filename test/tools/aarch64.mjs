// The build for an arm64 Linux host: build/aarch64, by Debian's cross compiler.
import { join } from 'node:path';
import { fetchArm64Sysroot } from '../../src/node/images/sysroot.ts';
import { ROOT } from './project.mjs';
import { buildTargets } from './steps/doctest.mjs';
import { execute, lastLines } from './steps/runner.mjs';

export const AARCH64_FOLDER = join(ROOT, 'build', 'aarch64');

/**
 * @param {readonly string[]} targets `all`, `dormouse_addon`, names of test programs
 * @returns {Promise<string[]>} findings; none when everything is built
 */
export async function buildAarch64(targets) {
  const sysroot = await fetchArm64Sysroot();
  const configured = await execute('cmake', [
    ...['-S', 'binding', '-B', AARCH64_FOLDER, '-G', 'Ninja', '-DCMAKE_BUILD_TYPE=Release'],
    `-DCMAKE_TOOLCHAIN_FILE=${join(ROOT, 'binding', 'cmake', 'aarch64-linux-gnu.cmake')}`,
    `-DDORMOUSE_SYSROOT=${sysroot}`,
    '-DDORMOUSE_ADDON=ON',
    '-DCMAKE_CXX_COMPILER_LAUNCHER=ccache',
  ]);
  if (configured.status !== 0) return [lastLines(configured.output)];
  return buildTargets(AARCH64_FOLDER, targets);
}
