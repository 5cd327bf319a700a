import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Manager } from '../../../../src/node/manager/manager.ts';
import { FakeStarter } from '../../../helpers/fake-vmhost.ts';
import { temporaryFolder } from '../../../helpers/temporary-folder.ts';

const ASKED = { id: 3, call: 'SYSTEM_RESET', vcpu: 1, arguments: ['0x0'], timeoutMs: 60_000 } as const;
const WARM = { kind: 'warm', type: 0, cookie: '0xbeef' } as const;

async function managerWithVm() {
  const folder = temporaryFolder();
  const starter = new FakeStarter();
  const manager = new Manager(folder, starter);
  await manager.load();
  onTestFinished(() => manager.dispose());
  const { id } = await manager.createVm({ name: 'sleepy', kernel: '/boot/Image' });
  const vm = async () => {
    const found = (await manager.listVms()).find((each) => each.id === id);
    if (!found) throw new Error('The VM is gone');
    return found;
  };
  const settled: unknown[] = [];
  manager.onPolicySettled((each) => settled.push(each));
  const hibernate = async () => {
    await manager.startVm(id);
    starter.last.end({ outcome: 'hibernated', message: 'The guest hibernated', offType: 1 });
    await vi.waitFor(async () => expect((await vm()).state).toBe('hibernated'));
  };
  return { folder, starter, manager, id, vm, settled, hibernate };
}

test('a suspended guest is shown as such and woken by the user', async () => {
  const { manager, starter, id, vm } = await managerWithVm();
  await manager.startVm(id);
  await expect(manager.wakeVm(id)).rejects.toThrow('is running: wake is not possible now');
  starter.last.listener.state('suspended');
  expect((await vm()).state).toBe('suspended');
  await manager.wakeVm(id);
  starter.last.listener.state('running');
  expect({ state: (await vm()).state, calls: starter.last.calls }).toEqual({
    state: 'running',
    calls: ['create', 'start', 'wake'],
  });
});

test('a machine that says what it does while it is being stopped changes nothing', async () => {
  const { manager, starter, id, vm } = await managerWithVm();
  await manager.startVm(id);
  const stopping = manager.stopVm(id);
  starter.last.listener.state('suspended');
  expect((await vm()).state).toBe('stopping');
  await stopping;
});

test('the kind, type and cookie of a reset are shown while the guest runs and kept with its end', async () => {
  const { manager, starter, id, vm } = await managerWithVm();
  await manager.startVm(id);
  starter.last.listener.reset(WARM);
  expect((await vm()).lastReset).toEqual(WARM);
  starter.last.end({ outcome: 'powered-off', message: 'Off', lastReset: WARM });
  await vi.waitFor(async () => expect((await vm()).state).toBe('off'));
  expect((await vm()).lastEnd).toMatchObject({ state: 'off', message: 'Off', lastReset: WARM });
});

test('a hibernated guest keeps its off type and the version it saw, and what it sees is not changed unasked', async () => {
  const { manager, id, vm, hibernate } = await managerWithVm();
  await hibernate();
  expect((await vm()).lastEnd).toMatchObject({ state: 'hibernated', offType: 1, psciVersion: '1.3' });
  await expect(manager.editVm(id, { cpus: 2 }, false)).rejects.toMatchObject({ code: 'E_CONFIRM' });
  await expect(manager.setPsci(id, '1.1', false)).rejects.toMatchObject({ code: 'E_CONFIRM' });
  expect((await manager.editVm(id, { cpus: 2 }, true)).spec.cpus).toBe(2);
});

test('a hibernated VM that could not be started is hibernated still', async () => {
  const { manager, starter, id, vm, hibernate } = await managerWithVm();
  await hibernate();
  starter.prepare = (host) => {
    host.createError = Object.assign(new Error('kernel: /boot/Image is empty'), { code: 'E_INVALID' }) as never;
  };
  await expect(manager.startVm(id)).rejects.toThrow('is empty');
  await vi.waitFor(async () =>
    expect(await vm()).toMatchObject({ state: 'hibernated', message: 'kernel: /boot/Image is empty' }),
  );
});

test('the PSCI version changes while off, survives a restart, counts at the next start, and can be undone', async () => {
  const { folder, manager, starter, id } = await managerWithVm();
  expect(await manager.psciChange(id, '1.1')).toMatchObject({ from: '1.3', functionsLost: ['SYSTEM_OFF2'] });
  await manager.setPsci(id, '1.1', false);
  const again = new Manager(folder, new FakeStarter());
  await again.load();
  expect((await again.listVms())[0]?.profile.psciVersion).toBe('1.1');
  await manager.startVm(id);
  expect(starter.last.config?.psciVersion).toBe('1.1');
  await expect(manager.setPsci(id, '1.3', true)).rejects.toThrow('stop it before changing it');
  await manager.stopVm(id);
  expect((await manager.undoPsci(id, false)).profile.psciVersion).toBe('1.3');
});

test('what another Dormouse changed while the VM was off counts at the next start', async () => {
  const { folder, manager, starter, id } = await managerWithVm();
  const other = new Manager(folder, new FakeStarter());
  await other.load();
  await other.editVm(id, { cpus: 3 }, false);
  await manager.startVm(id);
  expect(starter.last.config?.cpus).toBe(3);
});

test('a rule can be changed while the guest runs, counts at once, and is on disk', async () => {
  const { folder, manager, starter, id } = await managerWithVm();
  await manager.startVm(id);
  await manager.editVm(id, { policy: { calls: { SYSTEM_OFF: 'deny' }, timeoutMs: 500 } }, false);
  expect(readFileSync(path.join(folder, 'vms', id, 'vm.json'), 'utf8')).toContain('"SYSTEM_OFF": "deny"');
  expect(starter.last.policy).toMatchObject({
    policy: { SYSTEM_OFF: 'deny', SYSTEM_RESET: 'allow' },
    policyTimeoutMs: 500,
    policyDefault: 'allow',
  });
  await expect(manager.editVm(id, { cpus: 2 }, false)).rejects.toThrow('stop it before');
});

test('a rule that changes while the machine is being built reaches it', async () => {
  const { manager, starter, id } = await managerWithVm();
  starter.prepare = (host) => {
    const { api } = host;
    const create = api.create.bind(api);
    api.create = async (config) => {
      await manager.editVm(id, { policy: { calls: { SYSTEM_OFF: 'deny' } } }, false);
      await create(config);
    };
  };
  await manager.startVm(id);
  expect(starter.last.config?.policy.SYSTEM_OFF).toBe('allow');
  expect(starter.last.policy?.policy.SYSTEM_OFF).toBe('deny');
});

test('a rule that changes while the machine ends is kept, and nobody is told of a fault', async () => {
  const { manager, starter, id, vm } = await managerWithVm();
  await manager.startVm(id);
  const host = starter.last;
  host.api.setPolicy = () => {
    host.end({ outcome: 'powered-off', message: 'Off' });
    return Promise.reject(new Error('The machine is closed'));
  };
  await manager.editVm(id, { policy: { calls: { SYSTEM_OFF: 'deny' } } }, false);
  await vi.waitFor(async () => expect((await vm()).state).toBe('off'));
  expect((await vm()).spec.policy.calls.SYSTEM_OFF).toBe('deny');
});

test('a question goes to everybody, the first answer wins, the second is told that it is late', async () => {
  const { manager, starter, id, settled } = await managerWithVm();
  const asked: unknown[] = [];
  manager.onPolicyAsked((request) => asked.push(request));
  await manager.startVm(id);
  starter.last.ask(ASKED);
  expect(asked).toEqual([expect.objectContaining({ ...ASKED, vmId: id, vmName: 'sleepy', unanswered: 'allow' })]);
  expect(await manager.policyRequests()).toHaveLength(1);
  const answers = await Promise.all([manager.answerPolicy(id, 3, 'deny'), manager.answerPolicy(id, 3, 'allow')]);
  expect(answers).toEqual([true, false]);
  expect(settled).toEqual([{ vmId: id, id: 3, answer: 'deny', how: 'answered' }]);
  expect(await manager.policyRequests()).toEqual([]);
});

test('a question that nobody answers is over after its time, with the default', async () => {
  const { manager, starter, id, settled } = await managerWithVm();
  await manager.editVm(id, { policy: { unanswered: 'deny' } }, false);
  await manager.startVm(id);
  starter.last.ask({ ...ASKED, timeoutMs: 10 });
  await vi.waitFor(() => expect(settled).toEqual([{ vmId: id, id: 3, answer: 'deny', how: 'time out' }]));
});

test('a question ends with its machine', async () => {
  const { manager, starter, id, settled } = await managerWithVm();
  await manager.startVm(id);
  starter.last.ask(ASKED);
  await manager.stopVm(id);
  expect(settled).toEqual([{ vmId: id, id: 3, answer: 'allow', how: 'ended' }]);
});

test('an event is injected into a running guest alone', async () => {
  const { manager, starter, id } = await managerWithVm();
  await expect(manager.injectSdei(id, 0, 'all')).rejects.toMatchObject({
    code: 'E_NOT_RUNNING',
    message: expect.stringContaining('is not running: it is off') as string,
  });
  await manager.startVm(id);
  expect(await manager.injectSdei(id, 0, 'all')).toEqual([{ vcpu: 0, outcome: 'pending', reason: 'masked' }]);
  expect(starter.last.calls).toContain('inject 0 all');
});

test('the trace of a run is there to be read after its end', async () => {
  const { manager, starter, id, vm } = await managerWithVm();
  const call = { timeNs: 0, vcpu: 0, functionName: 'SYSTEM_OFF', arguments: [], result: null };
  expect(await manager.firmwareTrace(id, 0)).toEqual([]);
  await manager.startVm(id);
  starter.last.trace = [{ sequence: 0, ...call }];
  expect(await manager.firmwareTrace(id, 0)).toHaveLength(1);
  const trace = [
    { sequence: 0, ...call },
    { sequence: 1, ...call },
  ];
  starter.last.end({ outcome: 'powered-off', message: 'Off', trace });
  await vi.waitFor(async () => expect((await vm()).state).toBe('off'));
  expect(await manager.firmwareTrace(id, 1)).toEqual([trace[1]]);
});

test('the trace of a machine whose process died is empty, not an error', async () => {
  const { manager, starter, id, vm } = await managerWithVm();
  await manager.startVm(id);
  starter.last.api.firmwareTrace = () => Promise.reject(new Error('The wire is closed'));
  starter.last.die('SIGKILL');
  await vi.waitFor(async () => expect((await vm()).state).toBe('crashed'));
  expect(await manager.firmwareTrace(id, 0)).toEqual([]);
});
