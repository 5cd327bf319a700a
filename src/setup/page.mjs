// The window's page: Vite into dist/renderer, when a file of the page changed.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand, secondsSince, SetupError, tail } from './report.mjs';
import { hashInputs, stampHolds, writeStamp } from './stamp.mjs';

/** What `dormouse serve` and Electron load. */
export const PAGE = 'dist/renderer/index.html';

/** The page imports from src/common; the lock file stands for the packages in it. */
const INPUTS = ['renderer', 'src/common', 'svelte.config.js', 'package-lock.json'];

/** @param {import('./report.mjs').Reporter} reporter @param {string} root @param {string} node that runs Vite */
export async function ensurePage(reporter, root, node) {
  const stamp = join(root, 'dist', '.dormouse-page-stamp');
  const hash = hashInputs(root, INPUTS);
  if (stampHolds(stamp, hash) && existsSync(join(root, PAGE))) return reporter.same('page', 'up to date');

  const start = performance.now();
  reporter.line('page', 'building the window');
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const args = [vite, 'build', '--config', 'renderer/vite.config.ts'];
  const { status, output } = await runCommand(reporter, node, args, { cwd: root });
  if (status !== 0 || !existsSync(join(root, PAGE)))
    throw new SetupError(`The window does not build\n${tail(output, 40)}`, 'Mend the first error above.');
  writeStamp(stamp, hash);
  reporter.line('page', `built in ${secondsSince(start)}`);
}
