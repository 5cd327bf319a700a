import { expect, test } from 'vitest';
import { CliProcess, summaryOf } from '../helpers/cli.ts';
import { withKexec } from '../helpers/debian-extras.ts';
import { complaintsIn } from '../helpers/kernel-log.ts';

// kexec: Linux turns every other CPU off, asks until each is off, jumps into the next kernel, which turns them on again.

test.each([
  ['6.1-cloud', '0.2'],
  ['6.12-cloud', '1.1'],
  ['7.2-cloud', '1.3'],
])('Debian %s under PSCI %s jumps into itself by kexec with all its CPUs', async (id, version) => {
  const guest = await withKexec(id);
  const append = 'console=ttyAMA0 dormouse.do=kexec,hotplug,poweroff';
  const files = ['--kernel', guest.kernel, '--initrd', guest.initrd, '--append', append];
  const cli = new CliProcess(['run', ...files, '--cpus', '3', '--psci', version, '--timeout', '280', '--json']);
  const result = await cli.done;
  const [, second = ''] = result.stdout.split('Bye!');
  expect(second).toContain(`PSCIv${version} detected in firmware`);
  expect(second).toContain('smp: Brought up 1 node, 3 CPUs');
  expect(second).toContain('GUEST-READY');
  expect(second).toContain('HOTPLUG-OK 3 online');
  expect(complaintsIn(result.stdout)).toEqual([]);
  expect(summaryOf(result)).toMatchObject({ outcome: 'powered-off', status: 0, resets: 0 });
});
