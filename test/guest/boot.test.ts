import { expect, test } from 'vitest';
import { KERNELS } from '../../src/node/images/catalogue.ts';
import { runCli, summaryOf } from '../helpers/cli.ts';
import { debianGuest } from '../helpers/debian.ts';
import { TEST_ENGINE } from '../helpers/engine.ts';
import { complaintsIn } from '../helpers/kernel-log.ts';

async function boot(id: string, cpus: number, action: string, ...options: readonly string[]) {
  const guest = await debianGuest(id);
  const files = ['--kernel', guest.kernel, '--initrd', guest.initrd];
  const append = `console=ttyAMA0 dormouse.do=${action}`;
  const args = [...files, '--append', append, '--cpus', String(cpus), '--timeout', '280', '--json', ...options];
  const result = await runCli('run', '--engine', TEST_ENGINE, ...args);
  return { ...result, summary: summaryOf(result) };
}

for (const { id } of KERNELS) {
  test.each([1, 4])(`Debian ${id} boots on %d vCPUs and powers off`, async (cpus) => {
    const { status, stdout, summary } = await boot(id, cpus, 'poweroff');
    expect(complaintsIn(stdout)).toEqual([]);
    expect(stdout).toContain('GUEST-READY');
    expect(stdout).toContain(`smp: Brought up 1 node, ${cpus} CPU`);
    expect({ status, outcome: summary.outcome }).toEqual({ status: 0, outcome: 'powered-off' });
  });
}

test('sixteen vCPUs boot, go off and on again, and power off', async () => {
  const { status, stdout } = await boot('6.12-cloud', 16, 'hotplug,poweroff', '--memory', '1G');
  expect(complaintsIn(stdout)).toEqual([]);
  expect(stdout).toContain('HOTPLUG-OK 16 online');
  expect(status).toBe(0);
});

test('the guest finds what the processor promises', async () => {
  const { status, stdout } = await boot('6.12-cloud', 2, 'selftest,poweroff');
  expect(complaintsIn(stdout)).toEqual([]);
  expect(stdout).not.toContain('SELFTEST-FAIL');
  expect(stdout).toContain('SELFTEST-OK');
  expect(status).toBe(0);
});

test('reboot under --no-reboot ends with status 3', async () => {
  const { status, summary } = await boot('6.12-cloud', 1, 'reboot', '--no-reboot');
  expect({ status, outcome: summary.outcome }).toEqual({ status: 3, outcome: 'reset' });
});

test('a panic ends with status 5 and a report', async () => {
  const { status, stdout, stderr, summary } = await boot('6.12-cloud', 1, 'panic');
  expect(stdout).toContain('Kernel panic - not syncing');
  expect(stderr).toMatch(/Registers of vCPU[^]*Code around PC[^]*End of the console/);
  expect({ status, outcome: summary.outcome }).toEqual({ status: 5, outcome: 'crashed' });
});

test('a guest that does not end in time is ended with status 124', async () => {
  const guest = await debianGuest('6.12-cloud');
  const result = await runCli('run', '--kernel', guest.kernel, '--timeout', '1', '--json');
  expect({ status: result.status, outcome: summaryOf(result).outcome }).toEqual({ status: 124, outcome: 'timeout' });
});
