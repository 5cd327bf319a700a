import { expect, test } from 'vitest';
import { debianGuest } from '../helpers/debian.ts';
import { LinuxMachine } from '../helpers/linux-machine.ts';
import { AWAKE, sleepsFourTimes } from '../helpers/linux-suspend.ts';

// Linux in suspend-to-RAM: everything that may wake it does, and its clocks know how long it slept.

const CASES = [
  ['6.1', '1.0'],
  ['6.12', '1.1'],
  ['7.2', '1.3'],
] as const;

test.each(CASES)('Debian %s under PSCI %s is woken by alarm, user, power key and serial port', async (id, version) => {
  await sleepsFourTimes(id, version);
});

test('a serial port that Linux does not mark as a wake source leaves the guest asleep', async () => {
  const linux = new LinuxMachine(await debianGuest('6.12-cloud'));
  await linux.heard(/busybox shell/);
  linux.type('/suspend');
  await linux.reaches('suspended');
  linux.type('echo typed-$((6*7))');
  await linux.passes(500);
  expect(linux.state).toBe('suspended');
  await linux.machine.wake();
  await linux.heard(AWAKE);
});
