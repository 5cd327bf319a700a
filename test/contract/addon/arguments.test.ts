import { expect, test } from 'vitest';
import { createMachine, hostInfo } from '../../../binding/index.js';
import { TINY, tinyConfig, TinyMachine } from './tiny-machine.ts';

const nothing = () => undefined;
// The tests below pass what TypeScript would refuse.
const create = createMachine as unknown as (config: unknown, onEvent: unknown) => unknown;

interface Refusal {
  readonly code: string;
  readonly field: string | undefined;
  readonly message: string;
}

function refusalOf(action: () => unknown): Refusal {
  try {
    action();
  } catch (error) {
    const { code, field, message } = error as Refusal;
    return { code, field, message };
  }
  throw new Error('Nothing was refused');
}

const NOT_INTEGERS = [undefined, null, '1', NaN, Infinity, -Infinity, 1.5, -1, 2 ** 53, 1n, {}, [], nothing, true];
const NOT_STRINGS = [null, 1, NaN, {}, [], nothing, true, Symbol('x'), 1n];

test.for([
  ['cpus', [...NOT_INTEGERS, 0, 636, 4294967297]],
  ['memoryBytes', [...NOT_INTEGERS, 0, 1, 2 ** 20, 16 * 2 ** 20 + 1, 10 * 2 ** 40]],
  ['engine', [undefined, ...NOT_STRINGS, '', 'qemu']],
  ['kernel', [undefined, ...NOT_STRINGS, '', 'a\0b', '/', `${TINY}.missing`]],
  ['initrd', [...NOT_STRINGS, '', 'a\0b', '/', `${TINY}.missing`]],
  ['commandLine', [...NOT_STRINGS, 'a\0b', 'x'.repeat(2048)]],
  ['idleStates', [...NOT_STRINGS, '', 'deep', 'powerDown']],
  ['psciVersion', [...NOT_STRINGS, '', '1', '1.4', '0.3']],
  ['onReset', [...NOT_STRINGS, '', 'halt']],
  ['wallClockOffsetSeconds', [null, '1', NaN, Infinity, 1.5, 2 ** 31, -(2 ** 31), 1n, {}]],
  ['seed', [null, '1', NaN, Infinity, 1.5, -1, 2 ** 53, 1n, {}]],
] as const)('a wrong %s is refused by its name', ([field, values]) => {
  for (const value of values) {
    const refusal = refusalOf(() => create({ ...tinyConfig(), [field]: value }, nothing));
    expect(refusal.field, refusal.message).toBe(field);
    expect(refusal.message).toMatch(new RegExp(`^${field}\\b`));
    expect(['InvalidArgument', 'NotFound']).toContain(refusal.code);
  }
});

test('a config that is none, an unknown field and a missing listener are refused', () => {
  for (const config of [undefined, null, 1, 'x', nothing]) {
    expect(refusalOf(() => create(config, nothing))).toMatchObject({ code: 'InvalidArgument', field: 'config' });
  }
  expect(refusalOf(() => create({ ...tinyConfig(), cpu: 1 }, nothing))).toMatchObject({ field: 'cpu' });
  for (const listener of [undefined, null, 1, 'x', {}]) {
    expect(refusalOf(() => create(tinyConfig(), listener))).toMatchObject({ field: 'onEvent' });
  }
});

test('memory that is too little or too much is refused with the numbers', () => {
  expect(refusalOf(() => create(tinyConfig({ memoryBytes: 0 }), nothing)).message).toBe(
    'memoryBytes is 0 MiB: at least 16 MiB are needed',
  );
  expect(refusalOf(() => create(tinyConfig({ memoryBytes: 10 * 2 ** 40 }), nothing)).message).toMatch(
    /^memoryBytes is 10485760 MiB: this host has \d+ MiB$/,
  );
});

test('a file that is no kernel is refused with what it is', () => {
  const refusal = refusalOf(() => create(tinyConfig({ kernel: process.execPath }), nothing));
  expect(refusal).toMatchObject({ code: 'InvalidArgument', field: 'kernel' });
  expect(refusal.message).toContain(process.execPath);
});

test('an engine that this host does not have says why', () => {
  const kvm = hostInfo().engines.find((engine) => engine.name === 'kvm');
  expect(kvm?.available).toBe(false);
  expect(refusalOf(() => create(tinyConfig({ engine: 'kvm' }), nothing))).toMatchObject({
    code: 'Unsupported',
    message: kvm?.reason,
  });
});

test('console and state arguments must be bytes, or a state the path of a file', async () => {
  const { machine } = new TinyMachine();
  const write = machine.consoleWrite.bind(machine) as (data: unknown) => unknown;
  const restore = machine.restoreState.bind(machine) as (blob: unknown) => Promise<void>;
  for (const value of [undefined, null, 'text', 1, [1], new ArrayBuffer(1), new Uint16Array(1)]) {
    expect(refusalOf(() => write(value))).toMatchObject({ code: 'InvalidArgument', field: 'data' });
    if (typeof value !== 'string')
      await expect(restore(value)).rejects.toMatchObject({ code: 'InvalidArgument', field: 'blob' });
  }
  await expect(restore('')).rejects.toMatchObject({ code: 'InvalidArgument', field: 'path' });
  expect(write(new Uint8Array(0))).toBe(0);
  await machine.close();
});

test('a wrong policy is refused by its field, and changes nothing', async () => {
  const { machine } = new TinyMachine();
  const set = machine.setPolicy.bind(machine) as (policy: unknown) => void;
  for (const value of [undefined, null, 1, 'deny', nothing]) {
    expect(refusalOf(() => set(value))).toMatchObject({ code: 'InvalidArgument', field: 'policy' });
  }
  for (const [field, value] of [
    ['policy', 1],
    ['policyTimeoutMs', 99],
    ['policyTimeoutMs', 600_001],
    ['policyDefault', 'ask'],
    ['cpus', 1],
    ['toString', 1],
  ] as const) {
    expect(refusalOf(() => set({ [field]: value }))).toMatchObject({ code: 'InvalidArgument', field });
  }
  expect(refusalOf(() => set({ policy: { SYSTEM_OFF: 'maybe' } })).field).toBe('policy.SYSTEM_OFF');
  expect(refusalOf(() => set({ policy: { CPU_ON: 'deny' } })).field).toBe('policy');
  set({});
  await machine.close();
  expect(refusalOf(() => set({}))).toMatchObject({ code: 'InvalidState' });
});

test('changeMemoryMap checks each change before the machine sees one', async () => {
  const { machine } = new TinyMachine();
  const change = machine.changeMemoryMap.bind(machine) as (changes: unknown) => Promise<unknown>;
  const add = { kind: 'add', name: 'dimm', bytes: 2 ** 20 };
  for (const value of [undefined, null, 1, 'add', {}, Array.from({ length: 1025 }, () => add)]) {
    await expect(change(value)).rejects.toMatchObject({ code: 'InvalidArgument', field: 'changes' });
  }
  for (const [wrong, field] of [
    [undefined, 'changes[1].kind'],
    [{ kind: 'toString', name: 'x' }, 'changes[1].kind'],
    [{ kind: 'remove' }, 'name'],
    [{ kind: 'remove', name: 'x', base: 1n }, 'base'],
    [{ kind: 'move', name: 'x' }, 'base'],
    [{ kind: 'move', name: 'x', base: 1 }, 'base'],
    [{ ...add, base: -1n }, 'base'],
    [{ ...add, base: 1n << 64n }, 'base'],
    [{ ...add, bytes: 0.5 }, 'bytes'],
    [{ ...add, bytes: -1 }, 'bytes'],
    [{ ...add, readOnly: 1 }, 'readOnly'],
    [{ kind: 'flags', name: 'x', readOnly: true }, 'logDirty'],
  ] as const) {
    await expect(change([add, wrong]), field).rejects.toMatchObject({ code: 'InvalidArgument', field });
  }
  await expect(change([])).rejects.toMatchObject({ code: 'InvalidArgument' });
  await expect(change([{ kind: 'remove', name: 'ram' }])).rejects.toThrow('the memory the machine was built with');
  expect(machine.memoryMap()).toMatchObject({ generation: 1, slots: [{ name: 'ram' }] });
  await expect(machine.takeDirtyLog('x')).rejects.toMatchObject({ code: 'NotFound' });
  await machine.close();
  await expect(change([add])).rejects.toMatchObject({ code: 'InvalidState' });
});

test('methods on a foreign object throw and do not crash', () => {
  const { machine } = new TinyMachine();
  const stats = Reflect.get(machine, 'stats') as () => unknown;
  for (const that of [undefined, null, {}, 1, Object.create(machine)]) {
    expect(() => stats.call(that)).toThrow(TypeError);
  }
});

test('a closed machine refuses everything with InvalidState', async () => {
  const { machine } = new TinyMachine();
  await machine.close();
  const closed = { code: 'InvalidState', field: undefined, message: 'The machine is closed' };
  expect(refusalOf(() => machine.start())).toEqual(closed);
  expect(refusalOf(() => machine.stats())).toEqual(closed);
  expect(refusalOf(() => machine.firmwareTrace())).toEqual(closed);
  expect(refusalOf(() => machine.pressPowerButton())).toEqual(closed);
  expect(refusalOf(() => machine.consoleWrite(new Uint8Array(1)))).toEqual(closed);
  for (const method of ['pause', 'resume', 'stop', 'saveState'] as const) {
    await expect(machine[method]()).rejects.toMatchObject({ code: 'InvalidState' });
  }
  await machine.close();
});

test('hostInfo says what there is', () => {
  const info = hostInfo();
  expect(info.engines.map((engine) => engine.name)).toEqual(['emulator', 'kvm']);
  // The emulator grants every setting but the host's own processor.
  const reason: unknown = expect.stringContaining('cpuProfile is "host"');
  const refusals = [{ setting: 'cpuProfile', value: 'host', reason }];
  const maxMemoryBytes: unknown = expect.any(Number);
  const limits = { counterFrequencyHz: 0, maxCpus: 635, maxMemoryBytes };
  expect(info.engines[0]).toEqual({ name: 'emulator', available: true, reason: '', refusals, ...limits });
  expect(info.pageSize).toBeGreaterThanOrEqual(4096);
  expect(info.memoryBytes).toBeGreaterThan(2 ** 28);
  expect(info.maxCpus).toBe(635);
  expect(info.version).toMatch(/^\d+\.\d+\.\d+$/);
  expect(info.platform).toBe(`${process.platform}-${process.arch}`);
});
