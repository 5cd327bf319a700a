import { expect, test, vi } from 'vitest';
import { withModules } from '../helpers/debian-extras.ts';
import { debianGuest } from '../helpers/debian.ts';
import { complaintsIn } from '../helpers/kernel-log.ts';
import { LinuxMachine } from '../helpers/linux-machine.ts';

// Linux in suspend-to-RAM: everything that may wake it does, and its clocks know how long it slept. The standard flavour,
// because the cloud one has no driver for the power key.

const CASES = [
  ['6.1', '1.0'],
  ['6.12', '1.1'],
  ['7.2', '1.3'],
] as const;
const AWAKE = /AWAKE wall=(\d+) boottime=(\d+) monotonic=(\d+) cpus=(\d+)/;
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

test.each(CASES)('Debian %s under PSCI %s is woken by alarm, user, power key and serial port', async (id, version) => {
  const linux = new LinuxMachine(await withModules(id, ['gpio_keys']), { psciVersion: version });
  await linux.heard(new RegExp(`PSCIv${version.replace('.', '\\.')} detected in firmware`));
  await linux.heard(/busybox shell/);

  linux.type('/suspend 2');
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
  await vi.waitUntil(() => linux.outcome !== undefined, { timeout: 120_000 });
  expect(linux.outcome).toBe('powered-off');
  expect(complaintsIn(linux.text)).toEqual([]);
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
