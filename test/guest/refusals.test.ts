import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { runCli } from '../helpers/cli.ts';
import { debianGuest } from '../helpers/debian.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

/** What a user does wrong, the exit status, and what the message must name. */
const USAGE: readonly [string, readonly string[], RegExp][] = [
  ['no kernel', [], /--kernel/],
  ['0 MiB of memory', ['--kernel', 'k', '--memory', '0'], /--memory.*at least 16M/],
  ['memory that is no size', ['--kernel', 'k', '--memory', 'lots'], /--memory.*512M/],
  ['no CPUs', ['--kernel', 'k', '--cpus', '0'], /--cpus/],
  ['an unknown engine', ['--kernel', 'k', '--engine', 'magic'], /--engine.*auto, emulator, kvm/],
  ['an unknown PSCI version', ['--kernel', 'k', '--psci', '9.9'], /--psci.*0\.1/],
  ['an unknown option', ['--kernel', 'k', '--wibble'], /--wibble/],
];

test.each(USAGE)('%s is a usage error', async (_what, args, message) => {
  const { status, stderr } = await runCli('run', ...args);
  expect(stderr).toMatch(message);
  expect(status).toBe(2);
});

test('a missing kernel, an empty one and a text file are refused by name', async () => {
  const folder = temporaryFolder();
  const empty = path.join(folder, 'empty');
  const text = path.join(folder, 'text');
  writeFileSync(empty, '');
  writeFileSync(text, 'This is no kernel. '.repeat(1000));
  for (const kernel of [path.join(folder, 'missing'), empty, text]) {
    const { status, stderr } = await runCli('run', '--kernel', kernel);
    expect(stderr).toContain(kernel);
    expect(status).toBe(1);
  }
});

test('a missing initrd is refused by name', async () => {
  const { kernel } = await debianGuest('6.12-cloud');
  const { status, stderr } = await runCli('run', '--kernel', kernel, '--initrd', '/nowhere/initrd');
  expect(stderr).toContain('/nowhere/initrd');
  expect(status).toBe(1);
});

test('more memory than the computer has is refused in words', async () => {
  const { kernel } = await debianGuest('6.12-cloud');
  const { status, stderr } = await runCli('run', '--kernel', kernel, '--memory', '10T');
  expect(stderr).toContain('10 TiB of memory is more than');
  expect(status).toBe(1);
});

test('KVM where there is none is refused with the reason', async () => {
  const { kernel } = await debianGuest('6.12-cloud');
  const { status, stderr } = await runCli('run', '--kernel', kernel, '--engine', 'kvm');
  expect(stderr).toContain('KVM is not available');
  expect(status).toBe(1);
});
