import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { DormouseError } from '../../../../src/common/contract/errors.ts';
import { Manager } from '../../../../src/node/manager/manager.ts';
import { FakeStarter } from '../../../helpers/fake-vmhost.ts';
import { temporaryFolder } from '../../../helpers/temporary-folder.ts';

async function running() {
  const folder = temporaryFolder();
  const starter = new FakeStarter();
  const manager = new Manager(folder, starter);
  await manager.load();
  const vm = await manager.createVm({ name: 'sleepy', kernel: '/boot/Image' });
  await manager.startVm(vm.id);
  const state = async () => (await manager.listVms())[0];
  return { folder, starter, manager, id: vm.id, state, file: path.join(folder, 'a.state') };
}

test('saving pauses, saves and ends; the end says where, and is still there after a restart', async () => {
  const { folder, starter, manager, id, state, file } = await running();
  await manager.saveVm(id, file, false);
  expect(starter.last.calls).toEqual(['create', 'start', 'pause', `save ${file}`, 'stop']);
  expect(await state()).toMatchObject({
    state: 'saved',
    message: `Saved to ${file}`,
    lastEnd: { state: 'saved', file },
  });
  const again = new Manager(folder, starter);
  await again.load();
  expect((await again.listVms())[0]).toMatchObject({ state: 'saved', lastEnd: { file } });
});

test('under keepRunning the VM goes on, and a later stop is a stop', async () => {
  const { starter, manager, id, state, file } = await running();
  await manager.saveVm(id, file, true);
  expect(starter.last.calls).toEqual(['create', 'start', `save ${file}`]);
  expect((await state())?.state).toBe('running');
  await manager.stopVm(id);
  expect((await state())?.state).toBe('off');
});

test('when saving fails the guest goes on', async () => {
  const { starter, manager, id, state, file } = await running();
  starter.last.saveError = new DormouseError('E_HOST', 'No space left on device');
  await expect(manager.saveVm(id, file, false)).rejects.toThrow('No space left');
  expect(starter.last.calls.slice(-2)).toEqual(['pause', 'resume']);
  expect((await state())?.state).toBe('running');
  await manager.dispose();
});

test('restoring loads the file before the machine starts; a refusal leaves the VM saved', async () => {
  const { starter, manager, id, state, file } = await running();
  await manager.saveVm(id, file, false);
  starter.prepare = (host) => (host.restoreError = new DormouseError('E_UNSUPPORTED', 'cpus is 1, this machine has 2'));
  await expect(manager.restoreVm(id, file)).rejects.toThrow('cpus is 1');
  await manager.dispose();
  expect(await state()).toMatchObject({ state: 'saved', message: 'cpus is 1, this machine has 2' });
  starter.prepare = () => undefined;
  await manager.restoreVm(id, file);
  expect(starter.last.calls).toEqual(['create', `restore ${file}`, 'start']);
  expect((await state())?.state).toBe('running');
  await manager.dispose();
});

test('how far it is, is said while it lasts', async () => {
  const { starter, manager, id, file } = await running();
  const said: string[] = [];
  manager.onVmChanged(({ message }) => said.push(message));
  starter.last.listener.progress(1, 3);
  await manager.saveVm(id, file, true);
  expect(said).toEqual(['Saving: 33 %', '']);
  await manager.dispose();
});

test('a preflight needs no running VM, and a running one is asked itself', async () => {
  const { starter, manager, id, file } = await running();
  await manager.preflightVm(id, file);
  expect(starter.last.calls).toEqual(['create', 'start', `preflight ${file}`]);
  await manager.stopVm(id);
  await manager.preflightVm(id, file);
  expect(starter.last.calls).toEqual(['create', `preflight ${file}`]);
  expect(starter.last.killed).toBe(true);
});

test('saving replaces a saved state and nothing else', async () => {
  const { starter, manager, id, file, folder } = await running();
  writeFileSync(file, 'my diary, without which I cannot live');
  await expect(manager.saveVm(id, file, true)).rejects.toMatchObject({ code: 'E_INVALID' });
  expect(readFileSync(file, 'utf8')).toContain('my diary');
  mkdirSync(path.join(folder, 'sub'));
  await expect(manager.saveVm(id, path.join(folder, 'sub'), true)).rejects.toThrow('is no plain file');
  writeFileSync(file, 'DORMOUSE STATE\r\nand more');
  await manager.saveVm(id, file, true);
  expect(starter.last.calls.at(-1)).toBe(`save ${file}`);
  expect(existsSync(file)).toBe(true);
  await manager.dispose();
});

test('a VM that is off cannot be saved, a running one not restored', async () => {
  const { manager, id, file } = await running();
  await expect(manager.restoreVm(id, file)).rejects.toMatchObject({ code: 'E_STATE' });
  await manager.stopVm(id);
  await expect(manager.saveVm(id, file, false)).rejects.toMatchObject({ code: 'E_STATE' });
});
