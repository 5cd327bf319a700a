import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { DormouseError } from '../../../../src/common/contract/errors.ts';
import { Manager } from '../../../../src/node/manager/manager.ts';
import { engineInfo, FakeStarter } from '../../../helpers/fake-vmhost.ts';
import { temporaryFolder } from '../../../helpers/temporary-folder.ts';

async function managerWithVm(folder = temporaryFolder()) {
  const starter = new FakeStarter();
  const manager = new Manager(folder, starter);
  await manager.load();
  const vm = await manager.createVm({ name: 'sleepy', kernel: '/boot/Image' });
  const state = async () => (await manager.listVms()).find((each) => each.id === vm.id);
  return { folder, starter, manager, vm, state };
}

test('a created VM is off, has the defaults, and is there after a restart of the manager', async () => {
  const { folder, vm } = await managerWithVm();
  const again = new Manager(folder, new FakeStarter());
  await again.load();
  expect(await again.listVms()).toEqual([vm]);
  expect(vm).toMatchObject({
    state: 'off',
    spec: { cpus: 1, memoryBytes: 1024 * 2 ** 20 },
    profile: { psciVersion: '1.3' },
  });
});

test('start, pause, resume and stop reach the machine and move the state', async () => {
  const { manager, starter, vm, state } = await managerWithVm();
  const seen: string[] = [];
  manager.onVmChanged((changed) => seen.push(changed.state));
  await manager.startVm(vm.id);
  await manager.pauseVm(vm.id);
  await manager.resumeVm(vm.id);
  await manager.stopVm(vm.id);
  expect(starter.last.calls).toEqual(['create', 'start', 'pause', 'resume', 'stop']);
  expect(seen).toEqual(['starting', 'running', 'paused', 'running', 'stopping', 'off']);
  expect((await state())?.message).toBe('Stopped by the host');
});

test('the engine auto becomes the emulator when KVM is not there, and the summary says why', async () => {
  const { manager, starter, vm, state } = await managerWithVm();
  expect((await state())?.engineReason).toBeUndefined();
  await manager.startVm(vm.id);
  expect(starter.last.config).toMatchObject({ engine: 'emulator', psciVersion: '1.3', onReset: 'reboot' });
  expect(await state()).toMatchObject({
    engine: 'emulator',
    engineReason: 'Emulated, because KVM is not available: There is no /dev/kvm',
  });
  await manager.dispose();
});

test('the engine auto becomes KVM when it works; KVM that was asked for and is not there is refused', async () => {
  const { manager, starter, vm, state } = await managerWithVm();
  await manager.editVm(vm.id, { engine: 'kvm' }, false);
  await expect(manager.startVm(vm.id)).rejects.toThrow('KVM is not available: There is no /dev/kvm');
  await vi.waitFor(async () => expect((await state())?.state).toBe('off'));
  await manager.editVm(vm.id, { engine: 'auto' }, false);
  starter.prepare = (host) => {
    host.engines = [engineInfo('kvm')];
  };
  await manager.startVm(vm.id);
  expect(starter.last.config?.engine).toBe('kvm');
  expect(await state()).toMatchObject({ engine: 'kvm', engineReason: 'KVM works on this computer' });
  await manager.dispose();
});

test('the engine auto stays with the engine that a hibernated guest has seen, until the guest is off', async () => {
  const { manager, starter, vm, state } = await managerWithVm();
  await manager.startVm(vm.id);
  starter.last.end({ outcome: 'hibernated', message: 'The guest hibernated', offType: 1 });
  await vi.waitFor(async () => expect((await state())?.lastEnd).toMatchObject({ engine: 'emulator' }));
  starter.prepare = (host) => {
    host.engines = [engineInfo('emulator'), engineInfo('kvm')];
  };
  await manager.startVm(vm.id);
  expect(await state()).toMatchObject({
    engine: 'emulator',
    engineReason: 'The guest was put to sleep on the emulator and wakes there',
  });
  await manager.stopVm(vm.id);
  await manager.startVm(vm.id);
  expect(await state()).toMatchObject({ engine: 'kvm', engineReason: 'KVM works on this computer' });
  await manager.dispose();
});

test('a host process that dies leaves a crashed VM with the reason, and the other VMs running', async () => {
  const { manager, starter, vm, state } = await managerWithVm();
  const other = await manager.createVm({ name: 'awake', kernel: '/boot/Image' });
  await manager.startVm(vm.id);
  const dying = starter.last;
  await manager.startVm(other.id);
  dying.die('SIGKILL');
  await vi.waitFor(async () => expect((await state())?.state).toBe('crashed'));
  expect((await state())?.message).toContain('SIGKILL');
  expect((await manager.listVms()).find((each) => each.id === other.id)?.state).toBe('running');
  await manager.dispose();
});

test('a machine that cannot be built leaves the VM off, says why and can be started again', async () => {
  const { manager, starter, vm, state } = await managerWithVm();
  starter.prepare = (host) => {
    host.createError = new DormouseError('E_INVALID', 'kernel: /boot/Image is empty');
  };
  await expect(manager.startVm(vm.id)).rejects.toThrow('kernel: /boot/Image is empty');
  await vi.waitFor(async () =>
    expect(await state()).toMatchObject({ state: 'off', message: 'kernel: /boot/Image is empty' }),
  );
  starter.prepare = () => undefined;
  await manager.startVm(vm.id);
  expect((await state())?.state).toBe('running');
  await manager.dispose();
});

test('a crash report is kept on disk and the end survives a restart of the manager', async () => {
  const { folder, manager, starter, vm, state } = await managerWithVm();
  await manager.startVm(vm.id);
  starter.last.end({ outcome: 'crashed', message: 'In the weeds', report: { reason: 'In the weeds', text: 'pc 0x0' } });
  await vi.waitFor(async () => expect((await state())?.state).toBe('crashed'));
  expect(await manager.crashReport(vm.id)).toBe('pc 0x0');
  const again = new Manager(folder, new FakeStarter());
  await again.load();
  expect((await again.listVms())[0]).toMatchObject({ state: 'crashed', message: 'In the weeds' });
});

test('console output is kept for whoever comes later, counted from the start', async () => {
  const { manager, starter, vm } = await managerWithVm();
  await manager.startVm(vm.id);
  starter.last.print('hello ');
  starter.last.print('world');
  const snapshot = await manager.consoleSnapshot(vm.id);
  expect({ text: new TextDecoder().decode(snapshot.data), end: snapshot.end }).toEqual({
    text: 'hello world',
    end: 11,
  });
  await manager.dispose();
});

test('two managers cannot run one VM', async () => {
  const { folder, manager, vm } = await managerWithVm();
  const second = new Manager(folder, new FakeStarter());
  await second.load();
  await manager.startVm(vm.id);
  await expect(second.startVm(vm.id)).rejects.toMatchObject({ code: 'E_LOCKED' });
  await manager.dispose();
});

test('an action that does not fit the state is refused by name', async () => {
  const { manager, vm } = await managerWithVm();
  await expect(manager.pauseVm(vm.id)).rejects.toThrow('"sleepy" is off: pause is not possible now');
  await manager.startVm(vm.id);
  await expect(manager.deleteVm(vm.id)).rejects.toThrow('Stop "sleepy" before deleting it');
  await manager.dispose();
});

test('deleting can be undone', async () => {
  const { folder, manager, vm } = await managerWithVm();
  await manager.deleteVm(vm.id);
  expect({ list: await manager.listVms(), folder: existsSync(path.join(folder, 'vms', vm.id)) }).toEqual({
    list: [],
    folder: false,
  });
  expect(await manager.undeleteVm(vm.id)).toEqual(vm);
});

test('bad settings are refused by the name of the field', async () => {
  const { manager } = await managerWithVm();
  await expect(manager.createVm({ name: 'x', kernel: '/k', cpus: 0 })).rejects.toThrow('cpus: At least 1 CPU');
  await expect(manager.createVm({ name: 'x', kernel: '/k', memoryBytes: 0 })).rejects.toThrow(
    'memoryBytes: At least 16 MiB',
  );
  await expect(manager.createVm({ name: 'x', kernel: 'Image' })).rejects.toThrow('kernel: Give the full path');
  await expect(manager.createVm({ name: 'sleepy', kernel: '/k' })).rejects.toThrow('name: There is a VM');
});

test('a damaged or newer vm.json is reported, left alone, and hides no other VM', async () => {
  const { folder, vm } = await managerWithVm();
  for (const [id, text] of [
    ['broken', '{'],
    ['newer', '{"version":99}'],
  ] as const) {
    mkdirSync(path.join(folder, 'vms', id));
    writeFileSync(path.join(folder, 'vms', id, 'vm.json'), text);
  }
  const again = new Manager(folder, new FakeStarter());
  await again.load();
  expect(await again.listVms()).toEqual([vm]);
  expect(again.warnings.join('\n')).toMatch(/broken: .*not readable[^]*newer: .*newer Dormouse \(version 99\)/);
  expect(readFileSync(path.join(folder, 'vms', 'broken', 'vm.json'), 'utf8')).toBe('{');
});
