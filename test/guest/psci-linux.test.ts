import { expect, test } from 'vitest';
import { CliProcess, summaryOf } from '../helpers/cli.ts';
import { debianGuest } from '../helpers/debian.ts';
import { complaintsIn } from '../helpers/kernel-log.ts';

// Linux as a client of each PSCI version: what it says it found, CPUs off and on, and how it ends.

/** What Linux prints about the version. 0.1 has no version call: its function ids come from the device tree. */
const GREETINGS = [
  ['0.1', 'Using PSCI v0.1 Function IDs from DT'],
  ['0.2', 'PSCIv0.2 detected in firmware'],
  ['1.0', 'PSCIv1.0 detected in firmware'],
  ['1.1', 'PSCIv1.1 detected in firmware'],
  ['1.2', 'PSCIv1.2 detected in firmware'],
  ['1.3', 'PSCIv1.3 detected in firmware'],
] as const;
const KERNELS = ['6.1-cloud', '6.12-cloud', '7.2-cloud'] as const;

/** What the guest is to do at its end, and how the machine ends then: each version has each end under one kernel. */
const ENDS = [
  ['poweroff', { outcome: 'powered-off', status: 0 }],
  ['reboot-cold', { outcome: 'reset', status: 3, lastReset: { kind: 'cold' } }],
  ['reboot-warm', { outcome: 'reset', status: 3, lastReset: { kind: 'warm' } }],
] as const;
/** Without SYSTEM_RESET2 a warm reset is asked for in vain. */
const COLD_ONLY = ['0.2', '1.0'];

const MATRIX = KERNELS.flatMap((kernel, row) =>
  GREETINGS.map(([version, greeting], column) => {
    const end = ENDS[(row + column) % ENDS.length]!;
    const [action, ending] =
      end[0] === 'reboot-warm' && COLD_ONLY.includes(version) ? ([end[0], ENDS[1][1]] as const) : end;
    return { kernel, version, greeting, action, ending };
  }),
);

async function boot(kernel: string, psci: string, append: string, ...options: readonly string[]): Promise<CliProcess> {
  const guest = await debianGuest(kernel);
  const files = ['--kernel', guest.kernel, '--initrd', guest.initrd, '--append', `console=ttyAMA0 ${append}`];
  return new CliProcess(['run', ...files, '--psci', psci, '--timeout', '280', '--json', ...options]);
}

test.each(MATRIX.filter(({ version }) => version !== '0.1'))(
  '$kernel finds PSCI $version, turns CPUs off and on, and ends by $action',
  async ({ kernel, version, greeting, action, ending }) => {
    const cli = await boot(kernel, version, `dormouse.do=hotplug,${action}`, '--cpus', '3', '--no-reboot');
    const result = await cli.done;
    expect(result.stdout).toContain(greeting);
    expect(result.stdout).toContain('HOTPLUG-OK 3 online');
    expect(complaintsIn(result.stdout)).toEqual([]);
    expect(summaryOf(result)).toMatchObject({ ...ending, psciVersion: version });
  },
);

test.each(MATRIX.filter(({ version }) => version === '0.1'))(
  '$kernel takes the ids of PSCI $version from the device tree and turns CPUs off and on',
  async ({ kernel, version, greeting }) => {
    // This version has no SYSTEM_OFF: the machine ends with the test.
    const cli = await boot(kernel, version, 'dormouse.do=hotplug,idle', '--cpus', '3');
    await cli.waitFor('HOTPLUG-OK 3 online');
    expect(cli.stdout).toContain(greeting);
    expect(complaintsIn(cli.stdout)).toEqual([]);
  },
);

test('a CPU goes off and on two hundred times while the others are busy', async () => {
  const cli = await boot('6.12-cloud', '1.3', '', '--cpus', '2');
  await cli.waitFor('busybox shell');
  cli.type('while :; do sha256sum /bin/busybox >/dev/null; done &\n');
  const cpu1 = '/sys/devices/system/cpu/cpu1/online';
  const cycle = `echo 0 >${cpu1} && echo 1 >${cpu1} && n=$((n+1))`;
  cli.type(`n=0; for i in $(seq 200); do ${cycle}; done; echo cycles-$n-of-200\n`);
  await cli.waitFor('cycles-200-of-200');
  cli.type('poweroff -f\n');
  const result = await cli.done;
  expect(complaintsIn(result.stdout)).toEqual([]);
  expect(result.status).toBe(0);
});

test.each([
  ['warm', 'warm'],
  ['cold', 'cold'],
])('reboot=%s is a %s reset, and the machine says so', async (mode, kind) => {
  const cli = await boot('6.12-cloud', '1.3', `reboot=${mode} dormouse.do=reboot`, '--no-reboot');
  const result = await cli.done;
  expect(summaryOf(result)).toMatchObject({ outcome: 'reset', status: 3, lastReset: { kind } });
});
