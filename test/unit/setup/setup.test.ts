import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLock } from '../../../src/setup/lock.mjs';
import { explainNpm, isInstalled } from '../../../src/setup/npm.mjs';
import { PACKAGES, packagesFor } from '../../../src/setup/packages.mjs';
import { hashInputs, stampHolds, writeStamp } from '../../../src/setup/stamp.mjs';
import { explainApt, missingDebianPackages } from '../../../src/setup/system.mjs';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dormouse-setup-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('packages', () => {
  it('have a reason each, and a demo needs the build alone', () => {
    expect(PACKAGES.filter((entry) => entry.why.length < 8)).toEqual([]);
    expect(packagesFor('demo').every((entry) => entry.group === 'build')).toBe(true);
    expect(packagesFor('test').length).toBeGreaterThan(packagesFor('demo').length);
  });

  it('are each listed once for a purpose', () => {
    const names = packagesFor('test').map((entry) => entry.name);
    expect(names).toEqual([...new Set(names)]);
  });

  it.runIf(process.platform === 'linux')('are missing when dpkg does not know them', () => {
    expect(missingDebianPackages(['dpkg', 'no-such-package-anywhere'])).toEqual(['no-such-package-anywhere']);
  });
});

describe('stamps', () => {
  it('hold for the same contents, whatever their time', async () => {
    await writeFile(join(folder, 'a'), '1');
    const before = hashInputs(folder, ['.']);
    await utimes(join(folder, 'a'), 1, 1);
    expect(hashInputs(folder, ['.'])).toBe(before);
  });

  it('change with a content, a name, a new file and a fact', async () => {
    await writeFile(join(folder, 'a'), '1');
    const hashes = [hashInputs(folder, ['.']), hashInputs(folder, ['.'], ['fact'])];
    await writeFile(join(folder, 'a'), '2');
    hashes.push(hashInputs(folder, ['.']));
    await writeFile(join(folder, 'b'), '2');
    hashes.push(hashInputs(folder, ['.']));
    expect(new Set(hashes).size).toBe(4);
  });

  it('do not hold before they are written', () => {
    const stamp = join(folder, 'deep', 'stamp');
    expect(stampHolds(stamp, 'x')).toBe(false);
    writeStamp(stamp, 'x');
    expect([stampHolds(stamp, 'x'), stampHolds(stamp, 'y')]).toEqual([true, false]);
  });
});

describe('withLock', () => {
  it('runs one after the other and removes the file', async () => {
    const order: string[] = [];
    const job = (name: string) =>
      withLock(
        join(folder, 'lock'),
        () => undefined,
        async () => {
          order.push(`${name} in`);
          await new Promise((resolve) => setTimeout(resolve, 20));
          order.push(`${name} out`);
        },
      );
    await Promise.all([job('a'), job('b')]);
    expect(order).toHaveLength(4);
    expect(order[0]?.[0]).toBe(order[1]?.[0]);
    await expect(readFile(join(folder, 'lock'))).rejects.toThrow();
  });

  it('takes over from a process that has died', async () => {
    // Process ids end far below this one.
    await writeFile(join(folder, 'lock'), '999999999');
    expect(
      await withLock(
        join(folder, 'lock'),
        () => undefined,
        async () => 'done',
      ),
    ).toBe('done');
  });

  it('lets go when the work fails', async () => {
    const failing = withLock(
      join(folder, 'lock'),
      () => undefined,
      async () => Promise.reject(new Error('broken')),
    );
    await expect(failing).rejects.toThrow('broken');
    expect(
      await withLock(
        join(folder, 'lock'),
        () => undefined,
        async () => 'done',
      ),
    ).toBe('done');
  });
});

describe('errors say what to do next', () => {
  it.each([
    ['E: Could not get lock /var/lib/dpkg/lock-frontend', /Another program/],
    ['Err:1 x\n  Temporary failure resolving', /could not be reached/],
    ['sudo: a password is required', /sudo refused/],
    ['E: Unable to locate package libvixl-dev', /do not have libvixl-dev/],
    ['something new', /apt-get failed/],
  ])('apt: %s', (output, message) => {
    const error = explainApt(output, ['cmake']);
    expect(error.message).toMatch(message);
    expect(error.next.length).toBeGreaterThan(10);
  });

  it.each([
    ['npm error code ENOTFOUND', /registry could not be reached/],
    ['npm error code EACCES', /may not write here/],
    ['npm error ENOSPC', /disk is full/],
    ['something new', /npm ci failed/],
  ])('npm: %s', (output, message) => {
    expect(explainNpm(output).message).toMatch(message);
  });
});

describe('installed packages', () => {
  const packages = { 'node_modules/a': { version: '1' }, 'node_modules/b': { version: '2', optional: true } };
  const lay = async (description: object, lock: object, record: object) => {
    await mkdir(join(folder, 'node_modules', 'a'), { recursive: true });
    await writeFile(join(folder, 'package.json'), JSON.stringify(description));
    const top = { dependencies: { a: '1' } };
    await writeFile(join(folder, 'package-lock.json'), JSON.stringify({ packages: { '': top, ...lock } }));
    await writeFile(join(folder, 'node_modules', '.package-lock.json'), JSON.stringify({ packages: record }));
  };
  const a = { 'node_modules/a': { version: '1' } };

  it('are in order when only scripts have changed, and a package for another platform is missing', async () => {
    await lay({ dependencies: { a: '1' }, scripts: { x: 'y' } }, packages, a);
    expect(isInstalled(folder)).toBe(true);
  });

  it.each([
    ['another version is wanted', { dependencies: { a: '2' } }, packages, a],
    ['another version is there', { dependencies: { a: '1' } }, packages, { 'node_modules/a': { version: '2' } }],
    ['one is missing', { dependencies: { a: '1' } }, packages, {}],
    ['one is too many', { dependencies: { a: '1' } }, a, { ...packages }],
  ])('are not in order when %s', async (_, description, lock, record) => {
    await lay(description, lock, record);
    expect(isInstalled(folder)).toBe(false);
  });

  it('are not in order without a record', () => {
    expect(isInstalled(folder)).toBe(false);
  });
});
