// The addon: CMake and Ninja into build/, when something below binding/ changed.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { runCommand, secondsSince, SetupError, tail } from './report.mjs';
import { hashInputs, stampHolds, writeStamp } from './stamp.mjs';

/** Where the build leaves the addon; binding/index.js loads it from there. */
export const ADDON = 'build/dormouse.node';

/** @param {import('./report.mjs').Reporter} reporter @param {string} root */
export async function ensureAddon(reporter, root) {
  const stamp = join(root, 'build', '.dormouse-stamp');
  const facts = [process.platform, process.arch, 'Release'];
  const hash = hashInputs(root, ['binding', 'node_modules/node-api-headers/package.json'], facts);
  if (stampHolds(stamp, hash) && existsSync(join(root, ADDON))) return reporter.same('addon', 'up to date');

  const start = performance.now();
  reporter.line(
    'addon',
    existsSync(join(root, ADDON)) ? 'building what changed' : 'building (the first time takes minutes)',
  );
  await configure(reporter, root);
  const build = await runCommand(reporter, 'cmake', ['--build', 'build', '--target', 'dormouse_addon'], {
    cwd: root,
    env: { ...process.env, CMAKE_BUILD_PARALLEL_LEVEL: String(availableParallelism()) },
  });
  if (build.status !== 0) {
    throw new SetupError(`The addon does not build\n${tail(build.output, 40)}`, 'Mend the first error above.');
  }
  writeStamp(stamp, hash);
  reporter.line('addon', `built in ${secondsSince(start)}`);
}

/** @param {import('./report.mjs').Reporter} reporter @param {string} root */
export async function configure(reporter, root) {
  const args = ['-S', 'binding', '-B', 'build', '-G', 'Ninja', '-DCMAKE_BUILD_TYPE=Release'];
  if (!spawnSync('ccache', ['--version']).error) args.push('-DCMAKE_CXX_COMPILER_LAUNCHER=ccache');
  const { status, output } = await runCommand(reporter, 'cmake', args, { cwd: root });
  if (status === 0) return;
  const next = /different than the directory|does not match the generator/.test(output)
    ? 'The folder build/ is from another place: delete it, then run this again.'
    : 'Mend what CMake says above, then run this again.';
  throw new SetupError(`CMake cannot configure the addon\n${tail(output, 30)}`, next);
}
