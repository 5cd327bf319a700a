import { expect, test } from 'vitest';
import { CliProcess, summaryOf } from '../helpers/cli.ts';
import { debianGuest } from '../helpers/debian.ts';
import { complaintsIn } from '../helpers/kernel-log.ts';

test('a guest reboots in place, answers on the console, and powers off', async () => {
  const guest = await debianGuest('6.12-cloud');
  const files = ['--kernel', guest.kernel, '--initrd', guest.initrd, '--append', 'console=ttyAMA0'];
  const cli = new CliProcess(['run', ...files, '--cpus', '2', '--timeout', '280', '--json']);
  await cli.waitFor('busybox shell');
  cli.type('echo first-$((6*7))\n');
  await cli.waitFor('first-42');
  cli.type('reboot -f\n');
  await cli.waitFor('first-42');
  const firstRun = cli.stdout.length;
  while (!cli.stdout.slice(firstRun).includes('busybox shell')) await new Promise((resolve) => setTimeout(resolve, 50));
  cli.type('uname -v; poweroff -f\n');
  const result = await cli.done;
  expect(complaintsIn(result.stdout)).toEqual([]);
  expect(result.stdout.slice(firstRun)).toContain(guest.version);
  expect({ status: result.status, resets: summaryOf(result).resets }).toEqual({ status: 0, resets: 1 });
});
