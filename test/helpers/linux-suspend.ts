import { expect } from 'vitest';
import type { PsciVersion } from '../../binding/index.js';
import { withModules } from './debian-extras.ts';
import { complaintsIn } from './kernel-log.ts';
import { LinuxMachine } from './linux-machine.ts';

// Linux in suspend-to-RAM: how it is put to sleep, and what its clocks say after it woke.

export const AWAKE = /AWAKE wall=(\d+) boottime=(\d+) monotonic=(\d+) cpus=(\d+)/;
/** Both are cut off to the next lower 10 ms. */
const ROUNDING = 20;

/** Lets the guest sleep for some of its time, then does what wakes it, and says how far each clock went. */
async function nap(linux: LinuxMachine, milliseconds: number, wake: () => void | Promise<void>) {
  linux.type('/suspend');
  await linux.reaches('suspended');
  await linux.passes(milliseconds);
  expect(linux.state).toBe('suspended');
  await wake();
  return clocksOf(linux);
}

async function clocksOf(linux: LinuxMachine) {
  const [wall = 0, boottime = 0, monotonic = 0, cpus = 0] = (await linux.heard(AWAKE)).slice(1).map(Number);
  expect(cpus).toBe(2);
  // Wall clock time is read in whole seconds, around the others.
  expect(wall).toBeGreaterThanOrEqual(boottime - 1000);
  return { slept: boottime - monotonic };
}

/**
 * Boots a stock kernel of the standard flavour (the cloud one has no driver for the power key), puts it to sleep four times
 * and wakes it by alarm, user, power key and serial port; then it powers off.
 * @param alarmSeconds more than the guest takes to fall asleep: an alarm that comes before that wakes nobody
 * @throws what expect() throws when one of them does not wake it, or a clock does not know how long it slept
 */
export async function sleepsFourTimes(id: string, version: PsciVersion, alarmSeconds = 2): Promise<void> {
  const linux = new LinuxMachine(await withModules(id, ['gpio_keys']), { psciVersion: version });
  await linux.heard(new RegExp(`PSCIv${version.replace('.', '\\.')} detected in firmware`));
  await linux.heard(/busybox shell/);

  linux.type(`/suspend ${alarmSeconds}`);
  await linux.reaches('suspended');
  expect((await clocksOf(linux)).slept).toBeGreaterThan(0);

  const long = await nap(linux, 1500, () => linux.machine.wake());
  expect(long.slept).toBeGreaterThanOrEqual(1500 - ROUNDING);

  linux.type('insmod /modules/gpio_keys.ko; echo loaded-$((6*7))');
  await linux.heard(/loaded-42/);
  const byKey = await nap(linux, 100, () => {
    linux.machine.pressPowerButton();
  });
  expect(byKey.slept).toBeGreaterThanOrEqual(100 - ROUNDING);

  linux.type('f=/sys/class/tty/ttyAMA0/power/wakeup; echo enabled >$f; echo serial-port-$(cat $f)');
  await linux.heard(/serial-port-enabled/);
  const bySerialPort = await nap(linux, 100, () => {
    linux.type('');
  });
  expect(bySerialPort.slept).toBeGreaterThanOrEqual(100 - ROUNDING);

  linux.type('poweroff -f');
  await linux.ends('powered-off');
  expect(complaintsIn(linux.text)).toEqual([]);
}
