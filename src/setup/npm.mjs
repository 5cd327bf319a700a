// npm packages, exactly as package-lock.json says. Install scripts are not run: nothing we use needs one.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { runCommand, secondsSince, SetupError, tail } from './report.mjs';
import { hashInputs, stampHolds, writeStamp } from './stamp.mjs';

/** @param {import('./report.mjs').Reporter} reporter @param {string} root */
export async function ensureNpmPackages(reporter, root) {
  const stamp = join(root, 'node_modules', '.dormouse-stamp');
  const hash = hashInputs(root, ['package.json', 'package-lock.json'], [process.platform, process.arch]);
  if (stampHolds(stamp, hash)) return reporter.same('npm', 'packages are as package-lock.json says');

  // A change of package.json that changes no package, a script's for instance, installs nothing.
  if (isInstalled(root)) {
    writeStamp(stamp, hash);
    return reporter.same('npm', 'packages are as package-lock.json says');
  }

  const start = performance.now();
  reporter.line('npm', 'installing packages (npm ci)');
  // Arguments instead of the environment: a user's configuration must not switch off the packages that we need.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--include=dev', '--include=optional'];
  const { status, output } = await runCommand(reporter, 'npm', args, { cwd: root });
  if (status !== 0) throw explainNpm(output);
  writeStamp(stamp, hash);
  reporter.line('npm', `installed in ${secondsSince(start)}`);
}

/**
 * Whether npm's own record of node_modules names exactly the packages of package-lock.json; those that are for another
 * platform may be missing. Where package.json and its lock disagree, npm has to say so.
 * @param {string} root
 */
export function isInstalled(root) {
  const read = (/** @type {string} */ path) => JSON.parse(readFileSync(join(root, path), 'utf8'));
  try {
    const lock = read('package-lock.json').packages;
    const installed = read('node_modules/.package-lock.json').packages;
    const wanted = read('package.json');
    const { '': top, ...packages } = lock;
    const agrees = ['dependencies', 'devDependencies', 'optionalDependencies', 'engines'].every((part) =>
      isDeepStrictEqual(wanted[part] ?? {}, top[part] ?? {}),
    );
    const isSame = Object.entries(packages).every(([path, entry]) =>
      path in installed ? isDeepStrictEqual(installed[path], entry) : entry.optional === true,
    );
    return agrees && isSame && Object.keys(installed).every((path) => path in packages && existsSync(join(root, path)));
  } catch {
    return false; // No record, or one that cannot be read: it proves nothing.
  }
}

/** @param {string} output */
export function explainNpm(output) {
  const details = `\n${tail(output)}`;
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|network/i.test(output)) {
    return new SetupError(
      `The npm registry could not be reached${details}`,
      'Check the network (or `npm config get proxy`), then run this again.',
    );
  }
  if (/EACCES|EPERM/.test(output)) {
    return new SetupError(
      `npm may not write here${details}`,
      'Some files of this folder belong to another user (an earlier run as root?): mend that, then run this again.',
    );
  }
  if (/ENOSPC/.test(output)) {
    return new SetupError(`The disk is full${details}`, 'About 1 GB is needed for the npm packages.');
  }
  return new SetupError(`npm ci failed${details}`, 'Mend what it says above, then run this again.');
}

/**
 * The Node that runs the project: the one npm brought along, else this one.
 * @param {string} root
 * @returns {string} path of an executable
 */
export function projectNode(root) {
  const pinned = join(root, 'node_modules', '.bin', 'node');
  if (existsSync(pinned)) return pinned;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath;
  throw new SetupError(
    `Node ${process.versions.node} runs the setup but is too old for the program`,
    'Install Node 22.18 or newer (24 is what we test with).',
  );
}
