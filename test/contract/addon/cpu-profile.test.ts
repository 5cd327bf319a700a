import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createMachine } from '../../../binding/index.js';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';
import { tinyConfig, TinyMachine } from './tiny-machine.ts';

test('a machine of the portable profile goes on in another one, and is told apart from the native profile by field', async () => {
  const file = path.join(temporaryFolder(), 'portable.state');
  const source = await TinyMachine.started({ cpuProfile: 'portable-v1', cpus: 2 });
  onTestFinished(() => source.machine.close());
  await source.command('smp');
  await source.command('fill 7');
  await source.machine.saveState(file);

  const target = new TinyMachine({ cpuProfile: 'portable-v1', cpus: 2 });
  onTestFinished(() => target.machine.close());
  expect((await target.machine.preflight(file)).findings).toEqual([]);
  await target.machine.restoreState(file);
  target.machine.start();
  expect(await target.command('check')).toMatch(/ok|good|match|same/i);

  const native = new TinyMachine({ engine: 'emulator', cpus: 2 });
  onTestFinished(() => native.machine.close());
  const { findings } = await native.machine.preflight(file);
  const reasons = findings.map(({ reason }) => reason);
  expect(reasons).toContain('cpuProfile is portable-v1, this machine has dormouse-v1');
  expect(reasons).toContain('ID_AA64ISAR0_EL1.Atomic is 0, this machine offers 2');
  expect(reasons).toContain('ID_AA64DFR0_EL1.PMUVer is 0, this machine offers 1');
  expect(reasons).toContain('PMCR_EL0 is 0x3040 on this machine, and the saved one has no such register');
});

test('the emulator counts at the frequency that it is asked for, also after a reset', async () => {
  const tiny = await TinyMachine.started({ engine: 'emulator', counterFrequencyHz: 24_000_000 });
  onTestFinished(() => tiny.machine.close());
  expect(await tiny.command('cpu')).toContain('timer: CNTFRQ 24000000 Hz');
  const from = tiny.console.length;
  tiny.type('reset\n');
  await tiny.shows('tiny> ', from + 'reset\r\n'.length);
  expect(await tiny.command('cpu')).toContain('timer: CNTFRQ 24000000 Hz');
  expect(() => createMachine(tinyConfig({ counterFrequencyHz: 999_999 }), () => undefined)).toThrow(
    'counterFrequencyHz is 999999: expected an integer from 1000000 to 1000000000',
  );
});

test('a profile that the engine cannot keep is refused by name', () => {
  expect(() => createMachine({ ...tinyConfig(), engine: 'emulator', cpuProfile: 'host' }, () => undefined)).toThrow(
    'cpuProfile is "host": the emulator has dormouse-v1 and portable-v1',
  );
});
