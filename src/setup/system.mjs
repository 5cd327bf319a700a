// System packages: what is there, what is missing, and how it gets here.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { packagesFor } from './packages.mjs';
import { runCommand, secondsSince, SetupError, tail } from './report.mjs';

/** @typedef {import('./report.mjs').Reporter} Reporter */
/** @typedef {keyof typeof import('./packages.mjs').PURPOSES} Purpose */

/** @param {Reporter} reporter @param {Purpose} purpose */
export async function ensureSystemPackages(reporter, purpose) {
  if (process.platform === 'darwin') return checkMac(reporter, purpose);
  if (process.platform !== 'linux') {
    throw new SetupError(`There is no build for ${process.platform} yet`, 'Use Linux or macOS.');
  }
  if (!existsSync('/usr/bin/dpkg-query')) return checkOtherLinux(reporter, purpose);
  const wanted = packagesFor(purpose).map((entry) => entry.name);
  const missing = missingDebianPackages(wanted);
  if (missing.length === 0) return reporter.same('packages', `${wanted.length} present`);
  await installDebianPackages(reporter, missing);
}

/** @param {readonly string[]} names @returns {string[]} */
export function missingDebianPackages(names) {
  const query = spawnSync('dpkg-query', ['-W', '-f=${Package} ${db:Status-Status}\n', ...names], { encoding: 'utf8' });
  const present = new Set(
    query.stdout
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([, status]) => status === 'installed')
      .map(([name]) => name),
  );
  return names.filter((name) => !present.has(name));
}

/** @param {Reporter} reporter @param {readonly string[]} missing */
async function installDebianPackages(reporter, missing) {
  const start = performance.now();
  const prefix = elevation(missing);
  const apt = async (/** @type {readonly string[]} */ args) => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const [command, ...rest] = [...prefix, 'apt-get', '-q', '-o', 'DPkg::Lock::Timeout=300', ...args];
    return runCommand(reporter, /** @type {string} */ (command), rest, { env, interactive: prefix.length > 0 });
  };
  reporter.line('packages', `installing ${missing.length}: ${missing.join(' ')}`);
  const update = await apt(['update']);
  const install = await apt(['install', '-y', '--no-install-recommends', ...missing]);
  if (install.status !== 0) throw explainApt(`${update.output}\n${install.output}`, missing);
  reporter.line('packages', `installed in ${secondsSince(start)}`);
}

/** The words to put before apt-get. @param {readonly string[]} missing @returns {string[]} */
function elevation(missing) {
  if (process.getuid?.() === 0) return [];
  const byHand = `Run as root: apt-get install --no-install-recommends ${missing.join(' ')}`;
  if (spawnSync('sudo', ['--version']).error) {
    throw new SetupError('System packages are missing, and this user is not root and has no sudo', byHand);
  }
  if (spawnSync('sudo', ['-n', 'true']).status === 0) return ['sudo', '-n'];
  if (!process.stdin.isTTY) {
    throw new SetupError('System packages are missing, and sudo wants a password but there is no terminal', byHand);
  }
  process.stderr.write('setup  packages  sudo may ask for your password to install system packages\n');
  return ['sudo'];
}

/** Turns apt's words into what to do next. @param {string} output @param {readonly string[]} missing */
export function explainApt(output, missing) {
  const details = `\n${tail(output)}`;
  if (/could not get lock|unable to acquire the dpkg/i.test(output)) {
    return new SetupError(
      `Another program holds the package database${details}`,
      'Wait until it has finished (an automatic upgrade, another apt), then run this again.',
    );
  }
  if (/temporary failure resolving|could not resolve|could not connect|network is unreachable/i.test(output)) {
    return new SetupError(
      `The package servers could not be reached${details}`,
      'Check the network (or the proxy of apt), then run this again.',
    );
  }
  if (/incorrect password|a password is required|not in the sudoers/i.test(output)) {
    return new SetupError(
      `sudo refused${details}`,
      `Run as root: apt-get install --no-install-recommends ${missing.join(' ')}`,
    );
  }
  const unknown = /unable to locate package (\S+)|package '?(\S+?)'? has no installation candidate/i.exec(output);
  if (unknown) {
    return new SetupError(
      `This system's package sources do not have ${unknown[1] ?? unknown[2]}${details}`,
      'Debian 12 or newer has it in `main`. On Ubuntu switch on `universe`.',
    );
  }
  return new SetupError(`apt-get failed${details}`, 'Mend what it says above, then run this again.');
}

/** @param {Reporter} reporter @param {Purpose} purpose */
function checkMac(reporter, purpose) {
  const found = spawnSync('brew', ['--prefix'], { encoding: 'utf8' });
  const prefix = found.status === 0 ? found.stdout.trim() : '/opt/homebrew';
  const missing = [];
  if (!commandExists('c++')) missing.push('xcode-select --install');
  const brew = new Set(packagesFor(purpose).flatMap((entry) => (entry.brew ? [entry.brew] : [])));
  const lacking = [...brew].filter((name) => !existsSync(`${prefix}/opt/${name}`) && !commandExists(name));
  if (lacking.length > 0) missing.push(`brew install ${lacking.join(' ')}`);
  if (missing.length > 0) {
    throw new SetupError('Some tools are missing on this Mac', `Run: ${missing.join(' && ')}; then run this again.`);
  }
  reporter.same('packages', `${brew.size} present`);
}

/** @param {Reporter} reporter @param {Purpose} purpose */
function checkOtherLinux(reporter, purpose) {
  const missing = ['cmake', 'ninja', 'g++'].filter((name) => !commandExists(name));
  const headers = ['libfdt.h', 'zlib.h'].filter((name) => !existsSync(`/usr/include/${name}`));
  if (missing.length + headers.length > 0) {
    throw new SetupError(
      `Missing here: ${[...missing, ...headers].join(', ')}`,
      `Only Debian's packages are installed by themselves. Install what your system calls: ${packagesFor(purpose)
        .map((entry) => entry.name)
        .join(' ')}`,
    );
  }
  reporter.same('packages', 'compiler and libraries present (not Debian: the rest is not checked)');
}

/** @param {string} name */
function commandExists(name) {
  return spawnSync(name, ['--version']).error === undefined;
}
