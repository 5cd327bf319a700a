import { statSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';
import { TINY, TinyMachine } from './tiny-machine.ts';

async function started(changes: Parameters<typeof TinyMachine.started>[0]): Promise<TinyMachine> {
  const tiny = await TinyMachine.started(changes);
  onTestFinished(() => tiny.machine.close());
  return tiny;
}

test('a guest goes on from a file, which has holes where its memory is zero', async () => {
  const folder = temporaryFolder();
  const file = path.join(folder, 'tiny.state');
  const source = await started({ cpus: 2, memoryBytes: 256 * 2 ** 20 });
  await source.command('smp');
  await source.command('fill 4711');
  await source.machine.saveState(file);
  expect(source.machine.stats().state).toBe('running');
  const { size, blocks, mode } = statSync(file);
  expect(size).toBeGreaterThan(256 * 2 ** 20);
  expect(blocks * 512).toBeLessThan(16 * 2 ** 20);
  expect(mode & 0o777).toBe(0o600);
  await source.machine.close();

  const target = new TinyMachine({ cpus: 2, memoryBytes: 256 * 2 ** 20 });
  onTestFinished(() => target.machine.close());
  const { saved, findings } = await target.machine.preflight(file);
  expect(saved).toMatchObject({ cpus: 2, psciVersion: '1.3', counterFrequencyHz: 62_500_000 });
  expect(findings).toEqual([]);
  await target.machine.restoreState(file);
  target.machine.start();
  expect(await target.command('check')).toMatch(/ok|good|match|same/i);
  const progress = target.events.filter((event) => event.kind === 'progress');
  expect(progress.at(-1)).toEqual({ kind: 'progress', done: 256 * 2 ** 20, total: 256 * 2 ** 20 });
});

test('a state that does not fit is explained, and nothing but a state is taken for one', async () => {
  const file = path.join(temporaryFolder(), 'tiny.state');
  const source = await started({ psciVersion: '1.1' });
  await source.machine.saveState(file);
  const target = new TinyMachine({ cpus: 2, psciVersion: '1.0', sdeiEvents: [0x4000_0001] });
  onTestFinished(() => target.machine.close());
  const { findings } = await target.machine.preflight(file);
  expect(findings.map(({ verdict, subject, saved, offered }) => [verdict, subject, saved, offered])).toEqual([
    ['refused', 'cpus', '1', '2'],
    ['refused', 'PSCI_VERSION', '1.1', '1.0'],
    ['refused', 'sdeiEvents', 'none', '1073741825'],
    ['refused', 'gicCpusPerRegion', '1', '2'],
  ]);
  await expect(target.machine.restoreState(file)).rejects.toMatchObject({ code: 'Unsupported' });
  await expect(target.machine.restoreState(`${file}.none`)).rejects.toMatchObject({ code: 'NotFound' });
  await expect(target.machine.restoreState(TINY)).rejects.toThrow('it is no saved state of Dormouse');
  await expect(target.machine.preflight('')).rejects.toMatchObject({ code: 'InvalidArgument', field: 'path' });
  target.machine.start();
  await target.ready();
});
