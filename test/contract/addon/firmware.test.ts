// What JS may ask of the firmware: answers to questions of policy, waking, the table of PSCI, events of SDEI, the trace.
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Machine, MachineConfig, PsciVersion } from '../../../binding/index.js';
import { psciTable } from '../../../binding/index.js';
import { at, ConformanceGuest, OP, PLACE, Script } from '../../helpers/conformance-guest.ts';
import { FUNCTIONS, IDS_0_1, VERSIONS } from '../../helpers/psci-model.ts';
import { TinyMachine } from './tiny-machine.ts';

const PATIENCE = { timeout: 30_000, interval: 5 };
const EVENT = 0x4000_0001;
/** None of these is an unsigned integer. */
const NO_NUMBERS = [undefined, null, '1', 1.5, -1, Number.NaN, Infinity, 1n, {}, []];

function started(script: Script, changes: Partial<MachineConfig> = {}): ConformanceGuest {
  const guest = new ConformanceGuest(script, changes);
  onTestFinished(() => guest.close());
  guest.machine.start();
  return guest;
}

const created = (changes: Partial<MachineConfig> = {}): Machine => {
  const { machine } = new TinyMachine(changes);
  onTestFinished(() => machine.close());
  return machine;
};

/** One SYSTEM_RESET2 that asks, then the end of the script. */
const asking = (changes: Partial<MachineConfig>) =>
  started(new Script().add(OP.call, [0xc400_0012n, 0x8000_0001n, 0xfeedn], { id: 1 }), {
    policy: { SYSTEM_RESET2: 'ask' },
    onReset: 'stop',
    ...changes,
  });

const question = (guest: ConformanceGuest) =>
  vi.waitUntil(() => guest.events.find((event) => event.kind === 'policy'), PATIENCE);

test('answerPolicy refuses what is no answer, and the question stays open', async () => {
  const guest = asking({ policyTimeoutMs: 600_000 });
  const asked = await question(guest);
  expect(asked).toEqual({
    kind: 'policy',
    id: asked.id,
    call: 'SYSTEM_RESET2',
    vcpu: 0,
    arguments: [0x8000_0001n, 0xfeedn],
    timeoutMs: 600_000,
  });
  const answer = guest.machine.answerPolicy.bind(guest.machine) as (id: unknown, answer: unknown) => boolean;
  for (const value of [undefined, null, '', 'ask', 'Allow', true, 1])
    expect(() => answer(asked.id, value)).toThrow(
      expect.objectContaining({ code: 'InvalidArgument', field: 'answer' }),
    );
  for (const id of NO_NUMBERS)
    expect(() => answer(id, 'allow')).toThrow(expect.objectContaining({ code: 'InvalidArgument', field: 'id' }));
  expect(answer(asked.id + 1, 'allow')).toBe(false);
  expect(answer(Number.MAX_SAFE_INTEGER, 'allow')).toBe(false);
  expect(guest.lines('C')).toEqual([]);

  expect(answer(asked.id, 'deny')).toBe(true);
  expect(answer(asked.id, 'allow')).toBe(false);
  await guest.shows('E ');
  expect(guest.lines('C')).toHaveLength(1);
  expect(answer(asked.id, 'allow')).toBe(false);
});

test('an answer that comes too late is none', async () => {
  const guest = asking({ policyTimeoutMs: 100, policyDefault: 'deny' });
  const asked = await question(guest);
  await guest.shows('E ');
  expect(guest.machine.answerPolicy(asked.id, 'allow')).toBe(false);
  expect(guest.machine.stats()).toMatchObject({ state: 'running', resets: 0 });
});

test('an allowed call ends the machine, and what it asked for is kept', async () => {
  const guest = asking({});
  const asked = await question(guest);
  expect(guest.machine.answerPolicy(asked.id, 'allow')).toBe(true);
  const ended = await vi.waitUntil(() => guest.events.find((event) => event.kind === 'ended'), PATIENCE);
  expect(ended).toMatchObject({
    outcome: 'reset',
    lastReset: { kind: 'cold', type: 0x8000_0001, cookie: 0xfeedn },
  });
});

test.each(['stop', 'close'] as const)('%s gets through while a question is open', async (method) => {
  const guest = asking({ policyTimeoutMs: 600_000 });
  const asked = await question(guest);
  await guest.machine[method]();
  if (method === 'close') expect(() => guest.machine.answerPolicy(asked.id, 'allow')).toThrow('The machine is closed');
  else expect(guest.machine.answerPolicy(asked.id, 'allow')).toBe(false);
  expect(guest.lines('C')).toEqual([]);
});

test('wake is for a machine that is suspended, and for that alone', async () => {
  const guest = new ConformanceGuest(new Script().add(OP.call, [0xc400_000en, at(PLACE.resume), 7n], { id: 1 }));
  onTestFinished(() => guest.close());
  const { machine } = guest;
  const refused = { code: 'InvalidState' };
  await expect(machine.wake()).rejects.toMatchObject(refused);
  machine.start();
  await vi.waitUntil(() => machine.stats().state === 'suspended', PATIENCE);
  // A pause keeps it asleep.
  await machine.pause();
  await expect(machine.wake()).rejects.toMatchObject(refused);
  await machine.resume();
  expect(machine.stats().state).toBe('suspended');
  await machine.wake();
  await guest.shows('E ');
  expect(guest.lines('R').map(([id, context]) => [id, context])).toEqual([['1', '0x7']]);
  await expect(machine.wake()).rejects.toMatchObject(refused);
  await machine.stop();
  await expect(machine.wake()).rejects.toMatchObject(refused);
  await machine.close();
  await expect(machine.wake()).rejects.toMatchObject(refused);
});

test('psciTable knows its versions, and hands out data that nobody else holds', () => {
  const table = psciTable as (version: unknown) => unknown;
  for (const version of [undefined, null, '', '1', '0.3', '1.4', 1.1, {}])
    expect(() => table(version)).toThrow(expect.objectContaining({ code: 'InvalidArgument', field: 'version' }));
  const first = psciTable('1.3').functions as unknown[];
  first.length = 0;
  expect(psciTable('1.3').functions).not.toHaveLength(0);
});

test.each(VERSIONS)('the table of PSCI %s has the functions and ids of the document', (version) => {
  const { functions } = psciTable(version);
  const of0_1 = new Map<string, bigint>(
    Object.entries({
      CPU_SUSPEND: IDS_0_1.suspend,
      CPU_OFF: IDS_0_1.off,
      CPU_ON: IDS_0_1.on,
      MIGRATE: IDS_0_1.migrate,
    }),
  );
  const isKnown = ([, name, since]: (typeof FUNCTIONS)[number]) =>
    version === '0.1' ? of0_1.has(name) : VERSIONS.indexOf(since) <= VERSIONS.indexOf(version);
  const expected = FUNCTIONS.filter(isKnown).map(([number, name, , isWide]) => ({
    name,
    id32: version === '0.1' ? Number(of0_1.get(name)) : 0x8400_0000 + number,
    id64: version === '0.1' || !isWide ? null : 0xc400_0000 + number,
  }));
  expect(functions.map(({ name, id32, id64 }) => ({ name, id32, id64 }))).toEqual(expected);
  for (const row of functions) {
    // What is not served says why, and says so to the guest; what is mandatory is served.
    expect(row.reason !== '').toBe(!row.served);
    expect(row.served || row.presence === 'optional').toBe(true);
    expect(row.served || row.errors.includes('NOT_SUPPORTED')).toBe(true);
    expect(new Set(row.errors).size).toBe(row.errors.length);
    expect(row.arguments.every((name) => /^[a-z_]+$/.test(name))).toBe(true);
  }
});

test('later versions of PSCI lose no function', () => {
  const names = (version: PsciVersion) => psciTable(version).functions.map(({ name }) => name);
  for (const [i, version] of VERSIONS.slice(1).entries())
    expect(names(version)).toEqual(expect.arrayContaining(names(VERSIONS[i] ?? version)));
});

test('injectSdei refuses what is no event and no vCPU of the machine', async () => {
  const guest = await ConformanceGuest.run(new Script(), { cpus: 2, sdeiEvents: [EVENT] });
  onTestFinished(() => guest.close());
  const inject = guest.machine.injectSdei.bind(guest.machine) as (event: unknown, cpu: unknown) => Promise<unknown>;
  for (const value of [...NO_NUMBERS, 2 ** 32])
    await expect(inject(value, 0)).rejects.toMatchObject({ code: 'InvalidArgument', field: 'event' });
  for (const value of [...NO_NUMBERS, 'All', 2 ** 31])
    await expect(inject(0, value)).rejects.toMatchObject({ code: 'InvalidArgument', field: 'cpu' });
  for (const event of [1, 0x4000_0000, 0x4080_0001, 0xffff_ffff])
    await expect(inject(event, 0)).rejects.toMatchObject({ code: 'InvalidArgument' });
  await expect(inject(0, 2)).rejects.toThrow('cpu is 2: this machine has 2');
});

test('injectSdei has one result for each vCPU, in order, that says what became of the event', async () => {
  const script = new Script()
    .add(OP.call, [0xc400_0021n, BigInt(EVENT), at(PLACE.handler), 1n, 0n, 0n])
    .add(OP.call, [0xc400_0022n, BigInt(EVENT)])
    .add(OP.call, [0xc400_002cn])
    .add(OP.call, [0xc400_0003n, 1n, at(PLACE.secondary), 1n])
    .add(OP.waitOnline, [1n, 1n])
    .add(OP.host, [], { id: 1 })
    .add(OP.leave, [0xc400_0025n, 0n]);
  const results: unknown[] = [];
  const guest = await ConformanceGuest.run(script, { cpus: 3, sdeiEvents: [EVENT] }, async (machine) => {
    results.push(await machine.injectSdei(EVENT, 'all'), await machine.injectSdei(EVENT, 1));
  });
  onTestFinished(() => guest.close());
  expect(results).toEqual([
    [
      { vcpu: 0, outcome: 'delivered', reason: '' },
      { vcpu: 1, outcome: 'pending', reason: 'not registered' },
      { vcpu: 2, outcome: 'refused', reason: 'vCPU off' },
    ],
    [{ vcpu: 1, outcome: 'pending', reason: 'not registered' }],
  ]);
  expect(guest.lines('H').map(([cpu, event]) => [cpu, event])).toEqual([['0', `0x${EVENT.toString(16)}`]]);
});

test('injectSdei needs a machine that runs, and SDEI', async () => {
  const refused = { code: 'InvalidState' };
  await expect(created().injectSdei(0, 'all')).rejects.toMatchObject(refused);
  const guest = await ConformanceGuest.run(new Script(), { cpus: 1 });
  onTestFinished(() => guest.close());
  await guest.machine.pause();
  await expect(guest.machine.injectSdei(0, 0)).rejects.toMatchObject(refused);
  await guest.machine.resume();
  await expect(guest.machine.injectSdei(0, 0)).resolves.toHaveLength(1);
  await guest.machine.stop();
  await expect(guest.machine.injectSdei(0, 0)).rejects.toMatchObject(refused);

  const plain = await ConformanceGuest.run(new Script().add(OP.call, [0xc400_0020n], { id: 1 }), { sdei: false });
  onTestFinished(() => plain.close());
  await expect(plain.machine.injectSdei(0, 0)).rejects.toMatchObject({ code: 'Unsupported' });
  // All or nothing: without the dispatcher there is no version either.
  expect(plain.lines('C')[0]?.[1]).toBe('0xffffffffffffffff');
});

test('firmwareTrace names and decodes what the guest called, and counts without a gap', async () => {
  const script = new Script()
    .add(OP.call, [0xc400_0004n, 1n, 0n], { id: 1 })
    .add(OP.call, [0xc400_002fn, 0n, 9n], { id: 2 })
    .add(OP.call, [0xc300_0001n, 5n], { id: 3 });
  const guest = await ConformanceGuest.run(script, { cpus: 2 });
  onTestFinished(() => guest.close());
  const calls = guest.machine.firmwareTrace();
  expect(calls).toMatchObject([
    {
      functionName: 'AFFINITY_INFO',
      argumentNames: ['target_affinity', 'lowest_affinity_level'],
      arguments: [1n, 0n],
      result: 1n,
    },
    { functionName: 'SDEI_EVENT_SIGNAL', arguments: [0n, 9n], result: -2n, resultName: 'INVALID_PARAMETERS' },
    { functionName: '0xc3000001', argumentNames: ['x1', 'x2', 'x3'], result: -1n },
  ]);
  expect(calls.map(({ sequence }) => sequence)).toEqual([0n, 1n, 2n]);
  expect(guest.machine.firmwareTrace(2n)).toEqual(calls.slice(2));
  expect(guest.machine.firmwareTrace(3n)).toEqual([]);
  const trace = guest.machine.firmwareTrace.bind(guest.machine) as (since: unknown) => unknown;
  for (const since of [null, 1, '1', -1n, 1n << 64n])
    expect(() => trace(since)).toThrow(expect.objectContaining({ code: 'InvalidArgument', field: 'since' }));
});
