// Sleep with the interrupt controller in the kernel: what wakes a machine there, and that nothing else does.
import { expect, test } from 'vitest';
import { debianGuest } from '../helpers/debian.ts';
import { LinuxMachine } from '../helpers/linux-machine.ts';
import { AWAKE, sleepsFourTimes } from '../helpers/linux-suspend.ts';

/** Of whole boots on a processor that is emulated. */
const LIMIT = 1_500_000;

test(
  'Debian 6.12 is woken by alarm, user, power key and serial port',
  async () => {
    await sleepsFourTimes('6.12', '1.1', 30);
  },
  LIMIT,
);

// Waits until each CPU has slept so five times, and says how often the state was refused.
const naps = (state: string) =>
  [
    'for dir in /sys/devices/system/cpu/cpu[01]/cpuidle/state*; do',
    `[ $(cat $dir/name) = ${state} ] || continue;`,
    'while [ $(cat $dir/usage) -lt 5 ]; do sleep 1; done; echo NAPS $(cat $dir/name) $(cat $dir/rejected); done',
  ].join(' ');

test.each([
  ['standby', 'cpu-standby'],
  ['power-down', 'cpu-power-down'],
] as const)(
  'the cores of Debian 6.12 sleep in %s and come back',
  async (idleStates, name) => {
    const linux = new LinuxMachine(await debianGuest('6.12-cloud'), { idleStates });
    await linux.heard(/busybox shell/);
    linux.type(naps(name));
    for (const cpu of [0, 1]) {
      const [, state, rejected] = await linux.heard(/NAPS (\S+) (\d+)/);
      expect({ cpu, state, rejected }).toEqual({ cpu, state: name, rejected: '0' });
    }
    linux.type('poweroff -f');
    await linux.ends('powered-off');
  },
  LIMIT,
);

test(
  'a serial port that Linux does not mark as a wake source leaves the guest asleep; the user wakes it',
  async () => {
    const linux = new LinuxMachine(await debianGuest('6.12-cloud'));
    await linux.heard(/busybox shell/);
    linux.type('/suspend');
    await linux.reaches('suspended');
    linux.type('echo typed-$((6*7))');
    await linux.passes(500);
    expect(linux.state).toBe('suspended');
    await linux.machine.wake();
    await linux.heard(AWAKE);
  },
  LIMIT,
);
