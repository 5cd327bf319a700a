import { expect, test } from 'vitest';
import { KERNELS_16K } from '../../src/node/images/catalogue.ts';
import { runCli } from '../helpers/cli.ts';
import { debianGuest } from '../helpers/debian.ts';
import { complaintsIn } from '../helpers/kernel-log.ts';
import { runProbe } from '../helpers/probe.ts';

// Debian packages no kernel with 64 KiB pages; the walker's unit tests cover that granule.

const BOOTS = KERNELS_16K.flatMap(({ id }) => [1, 4].map((cpus) => ({ id, cpus })));

test.each(BOOTS)('Debian $id boots on $cpus vCPUs and powers off', async ({ id, cpus }) => {
  const guest = await debianGuest(id);
  const files = ['--kernel', guest.kernel, '--initrd', guest.initrd];
  const append = 'console=ttyAMA0 dormouse.do=poweroff';
  const { status, stdout } = await runCli('run', ...files, '--append', append, '--cpus', `${cpus}`, '--timeout', '280');
  expect(complaintsIn(stdout)).toEqual([]);
  expect(stdout).toContain('GUEST-READY');
  expect(stdout).toContain(`smp: Brought up 1 node, ${cpus} CPU`);
  expect(status).toBe(0);
});

test('translations of 16 KiB pages change under threads as those of 4 KiB do', async () => {
  const { failures, passed, count, stdout } = await runProbe('6.12-16k', 4, ['fault', 'memory', 'hammer']);
  expect(failures).toEqual([]);
  expect(complaintsIn(stdout)).toEqual([]);
  expect(passed).toHaveLength(count ?? -1);
});
