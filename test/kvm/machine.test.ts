// Whole machines on the engine under test: our own guest and a stock kernel.
import { expect, test } from 'vitest';
import { hostInfo } from '../../binding/index.js';
import { TinyMachine } from '../contract/addon/tiny-machine.ts';
import { runCli, summaryOf } from '../helpers/cli.ts';
import { debianGuest } from '../helpers/debian.ts';
import { TEST_ENGINE } from '../helpers/engine.ts';
import { complaintsIn } from '../helpers/kernel-log.ts';
import { imageOf } from '../helpers/raw-image.ts';

/** Jumps to where there is no memory, with its exception vectors there too. */
function lostGuest(): string {
  const [movX1, msrVbarX1, isb, brX1] = [0xd2c00601, 0xd518c001, 0xd5033fdf, 0xd61f0020];
  return imageOf([movX1, msrVbarX1, isb, brX1]);
}

test('the engine works here, and auto takes it', async () => {
  const engine = hostInfo().engines.find(({ name }) => name === TEST_ENGINE);
  expect(engine).toMatchObject({ available: true, reason: '' });
  const guest = await debianGuest('6.12-cloud');
  const append = 'console=ttyAMA0 dormouse.do=poweroff';
  const files = ['--kernel', guest.kernel, '--initrd', guest.initrd, '--append', append];
  const result = await runCli('run', '--engine', 'auto', ...files, '--timeout', '140', '--json');
  const engineReason = 'KVM works on this computer';
  expect(summaryOf(result)).toMatchObject({ outcome: 'powered-off', engine: TEST_ENGINE, engineReason });
});

test('the tiny guest boots on three vCPUs, keeps its memory and powers off', async () => {
  const tiny = await TinyMachine.started({ cpus: 3 });
  expect(await tiny.command('smp')).toContain('smp: 3 of 3 CPUs online');
  expect(await tiny.command('cpu')).toContain('3 online');
  await tiny.command('fill 7');
  expect(await tiny.command('check')).toContain('check: ok');
  expect(await tiny.command('sleep 50')).toContain('tiny> ');
  tiny.type('off\n');
  expect(await tiny.ended).toMatchObject({ outcome: 'powered-off' });
  await tiny.machine.close();
});

test('the tiny guest is reset in place, three times', async () => {
  const tiny = await TinyMachine.started({ cpus: 2 });
  for (let count = 1; count <= 3; count++) {
    const from = tiny.console.length;
    tiny.type('reset\n');
    await tiny.shows('tiny> ', from + 'reset\r\n'.length);
    expect(tiny.machine.stats()).toMatchObject({ resets: count, state: 'running' });
  }
  await tiny.machine.close();
});

test('a wild access stops the machine once, with a report', async () => {
  const tiny = await TinyMachine.started({ cpus: 2 });
  tiny.type('wild 0x3000000000\n');
  const ended = await tiny.ended;
  expect(ended.outcome).toBe('crashed');
  expect(ended.report?.message).toContain('3000000000');
  expect(ended.report?.registers['pc']).toMatch(/^0x[0-9a-f]{16}$/);
  expect(tiny.events.filter((event) => event.kind === 'ended')).toHaveLength(1);
  await tiny.machine.close();
});

test("a jump into nothing is the guest's own exception: the processor tells the guest, and nobody else", async () => {
  const tiny = await TinyMachine.started();
  tiny.type('jump 0x3000000000\n');
  await tiny.shows('EXCEPTION synchronous');
  await tiny.shows('ELR 0x3000000000 ');
  await tiny.shows('halted');
  expect(tiny.machine.stats().state).toBe('running');
  await tiny.machine.close();
});

test('a guest that cannot take that exception either is stopped once, with a report', async () => {
  const tiny = new TinyMachine({ kernel: lostGuest() });
  tiny.machine.start();
  const ended = await tiny.ended;
  expect(ended.outcome).toBe('crashed');
  // Its first vector for exceptions of its own level.
  expect(ended.message).toContain('fetched an instruction from guest physical address 0x3000000200');
  expect(ended.report?.registers['pc']).toBe('0x0000003000000200');
  expect(tiny.events.filter((event) => event.kind === 'ended')).toHaveLength(1);
  await tiny.machine.close();
});

test('a kernel that panics and stays there ends the machine, with what it said last', async () => {
  const guest = await debianGuest('6.12-cloud');
  const files = ['--kernel', guest.kernel, '--initrd', guest.initrd, '--append', 'console=ttyAMA0 dormouse.do=panic'];
  const result = await runCli('run', '--engine', TEST_ENGINE, '--cpus', '2', ...files, '--timeout', '140', '--json');
  expect(result.stdout).toContain('Kernel panic - not syncing');
  expect(result.stderr).toMatch(/Registers of vCPU[^]*Code around PC[^]*End of the console/);
  expect(summaryOf(result)).toMatchObject({ outcome: 'crashed', status: 5 });
});

test.each([1, 2])('a stock kernel boots on %d vCPUs, turns them off and on, and powers off', async (cpus) => {
  const guest = await debianGuest('6.12-cloud');
  const append = 'console=ttyAMA0 dormouse.do=hotplug,poweroff';
  const files = ['--kernel', guest.kernel, '--initrd', guest.initrd, '--append', append];
  const options = ['--engine', TEST_ENGINE, '--cpus', String(cpus), '--timeout', '140', '--json'];
  const result = await runCli('run', ...files, ...options);
  expect(complaintsIn(result.stdout)).toEqual([]);
  expect(result.stdout).toContain('GUEST-READY');
  expect(result.stdout).toContain(`HOTPLUG-OK ${cpus} online`);
  expect({ status: result.status, outcome: summaryOf(result).outcome }).toEqual({ status: 0, outcome: 'powered-off' });
});
