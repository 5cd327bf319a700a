import { expect, test } from 'vitest';
import { CliProcess, summaryOf } from '../helpers/cli.ts';
import { debianGuest } from '../helpers/debian.ts';
import { complaintsIn } from '../helpers/kernel-log.ts';

// Linux's cpuidle-psci as a client of CPU_SUSPEND: the device tree offers states, the guest uses them and keeps its time.

/** The deepest state a guest is offered, and the argument by which it asks for it, in the format of the version. */
const CASES = [
  ['6.1-cloud', '1.0', 'standby', 'cpu-standby', '00000001'],
  ['6.12-cloud', '0.2', 'power-down', 'cpu-power-down', '00010000'],
  ['6.12-cloud', '1.3', 'power-down', 'cpu-power-down', '40000003'],
  ['7.2-cloud', '1.3', 'power-down', 'cpu-power-down', '40000003'],
] as const;

// Sleeps until every CPU has used the state, then says how often and how long, and whether a second is a second.
const WATCH = (state: string) =>
  [
    `for cpu in 0 1; do for dir in /sys/devices/system/cpu/cpu$cpu/cpuidle/state*; do`,
    `[ $(cat $dir/name) = ${state} ] || continue;`,
    `while [ $(cat $dir/usage) -lt 5 ]; do sleep 1; done;`,
    `echo IDLE $(cat $dir/usage) $(cat $dir/time) $(cat $dir/rejected); done; done;`,
    `echo PARAMETER $(xxd -p '/proc/device-tree/cpus/idle-states/${state}/arm,psci-suspend-param');`,
    `a=$(cut -d. -f1 /proc/uptime); sleep 2; b=$(cut -d. -f1 /proc/uptime); echo SLEPT $((b-a)) $(nproc)`,
  ].join(' ');

test.each(CASES)('%s under PSCI %s idles in %s', async (kernel, psci, depth, state, powerState) => {
  const guest = await debianGuest(kernel);
  const files = ['--kernel', guest.kernel, '--initrd', guest.initrd, '--append', 'console=ttyAMA0'];
  const options = ['--cpus', '2', '--psci', psci, '--idle-states', depth, '--timeout', '240', '--json'];
  const cli = new CliProcess(['run', ...files, ...options]);
  await cli.waitFor('busybox shell');
  cli.type(`${WATCH(state)}\n`);
  await cli.waitForMatch(/SLEPT \d+ 2/);
  cli.type('\u0001ctrace\n\npoweroff -f\n');
  const result = await cli.done;
  const used = [...cli.stdout.matchAll(/IDLE (\d+) (\d+) (\d+)/g)].map((match) => match.slice(1).map(Number));
  expect(used).toEqual(Array(2).fill([expect.any(Number), expect.any(Number), 0]));
  for (const [, microseconds] of used) expect(microseconds).toBeGreaterThan(0);
  expect(cli.stdout).toContain(`PARAMETER ${powerState}`);
  expect(Number(/SLEPT (\d+) 2/.exec(cli.stdout)?.[1])).toBeGreaterThanOrEqual(1);
  expect(result.stderr).toContain('CPU_SUSPEND(');
  expect(complaintsIn(result.stdout)).toEqual([]);
  expect({ status: result.status, psci: summaryOf(result).psciVersion }).toEqual({ status: 0, psci });
});
