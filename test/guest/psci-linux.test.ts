import { expect, test } from 'vitest';
import { CliProcess, summaryOf } from '../helpers/cli.ts';
import { debianGuest } from '../helpers/debian.ts';
import { complaintsIn } from '../helpers/kernel-log.ts';

// Linux as a client of each PSCI version: what it says it found, CPUs off and on, sleep and the ways to wake, reset kinds.

/** What Linux prints about the version. 0.1 has no version call: its function ids come from the device tree. */
const GREETINGS = [
  ['0.1', 'Using PSCI v0.1 Function IDs from DT'],
  ['0.2', 'PSCIv0.2 detected in firmware'],
  ['1.0', 'PSCIv1.0 detected in firmware'],
  ['1.1', 'PSCIv1.1 detected in firmware'],
  ['1.2', 'PSCIv1.2 detected in firmware'],
  ['1.3', 'PSCIv1.3 detected in firmware'],
] as const;

async function boot(psci: string, append: string, ...options: readonly string[]): Promise<CliProcess> {
  const guest = await debianGuest('6.12-cloud');
  const files = ['--kernel', guest.kernel, '--initrd', guest.initrd, '--append', `console=ttyAMA0 ${append}`];
  return new CliProcess(['run', ...files, '--psci', psci, '--timeout', '120', '--json', ...options]);
}

/** Types a line at the guest's shell and waits for what it must print. */
async function ask(cli: CliProcess, line: string, answer: string): Promise<void> {
  cli.type(`${line}\n`);
  await cli.waitFor(answer);
}

test.each(GREETINGS)('under PSCI %s Linux finds that version and turns CPUs off and on', async (version, greeting) => {
  const cli = await boot(version, 'dormouse.do=hotplug,shell', '--cpus', '3');
  await cli.waitFor('HOTPLUG-OK 3 online');
  await cli.waitFor('busybox shell');
  expect(cli.stdout).toContain(greeting);
  expect(complaintsIn(cli.stdout)).toEqual([]);
  if (version === '0.1') return; // It has no SYSTEM_OFF: the machine ends with the test.
  cli.type('poweroff -f\n');
  const result = await cli.done;
  expect({ status: result.status, psci: summaryOf(result).psciVersion }).toEqual({ status: 0, psci: version });
});

test('a CPU goes off and on two hundred times while the others are busy', async () => {
  const cli = await boot('1.3', '', '--cpus', '2');
  await cli.waitFor('busybox shell');
  cli.type('while :; do sha256sum /bin/busybox >/dev/null; done &\n');
  const cpu1 = '/sys/devices/system/cpu/cpu1/online';
  const cycle = `echo 0 >${cpu1} && echo 1 >${cpu1} && n=$((n+1))`;
  await ask(cli, `n=0; for i in $(seq 200); do ${cycle}; done; echo cycles-$n-of-200`, 'cycles-200-of-200');
  cli.type('poweroff -f\n');
  const result = await cli.done;
  expect(complaintsIn(result.stdout)).toEqual([]);
  expect(result.status).toBe(0);
});

test('a guest sleeps in suspend-to-RAM until its alarm, and goes on with its time and both CPUs', async () => {
  const cli = await boot('1.3', 'no_console_suspend', '--cpus', '2');
  await cli.waitFor('busybox shell');
  const sleep = 'echo +2 >/sys/class/rtc/rtc0/wakealarm; a=$(cut -d. -f1 /proc/uptime); echo mem >/sys/power/state';
  await ask(cli, `${sleep}; b=$(cut -d. -f1 /proc/uptime); echo slept-$((b-a)) cpus-$(nproc)`, ' cpus-2');
  const slept = Number(/slept-(\d+) cpus-2/.exec(cli.stdout)?.[1]);
  expect(slept).toBeGreaterThanOrEqual(1);
  cli.type('poweroff -f\n');
  const result = await cli.done;
  expect(complaintsIn(result.stdout)).toEqual([]);
  expect(result.status).toBe(0);
});

test('the user wakes a guest that sleeps without an alarm', async () => {
  const cli = await boot('1.3', 'no_console_suspend');
  await cli.waitFor('busybox shell');
  cli.type('echo mem >/sys/power/state; echo woken-$((6*7))\n');
  await cli.waitFor('PM: suspend entry');
  // The monitor refuses until the guest is really asleep, so it is asked until it agrees.
  cli.type('\u0001c');
  const asking = setInterval(() => {
    cli.type('wake\n');
  }, 300);
  await cli.waitFor('woken-42').finally(() => {
    clearInterval(asking);
  });
  cli.type('\npoweroff -f\n'); // An empty line leaves the monitor; the rest is the guest's.
  const result = await cli.done;
  expect(complaintsIn(result.stdout)).toEqual([]);
  expect(result.status).toBe(0);
});

test.each([
  ['warm', 'warm'],
  ['cold', 'cold'],
])('reboot=%s is a %s reset, and the machine says so', async (mode, kind) => {
  const cli = await boot('1.3', `reboot=${mode} dormouse.do=reboot`, '--no-reboot');
  const result = await cli.done;
  expect(summaryOf(result)).toMatchObject({ outcome: 'reset', status: 3, lastReset: { kind } });
});
