// SDEI and PSCI: events between CPUs, CPUs that go off and sleep, and system-wide calls out of a handler.
import { expect, test, vi } from 'vitest';
import type { Machine, MachineConfig, SdeiInjection } from '../../binding/index.js';
import { at, ConformanceGuest, OP, PLACE, Script, type Value } from '../helpers/conformance-guest.ts';
import { sdeiId } from '../helpers/sdei-model.ts';
import { SdeiWalk } from '../helpers/sdei-walk.ts';

const VENDOR = 0x4000_0001n;
const CPU_OFF = 0x8400_0002n;
const CPU_FREEZE = 0x8400_000bn;
const CPU_ON = 0xc400_0003n;
const AFFINITY_INFO = 0xc400_0004n;
const [ON, OFF] = [0n, 1n];
const PATIENCE = { timeout: 60_000, interval: 2 };
const signed = (hex = '') => BigInt.asIntN(64, BigInt(hex));

const turnOn = (script: Script, cpu: bigint, life: bigint) =>
  script.add(OP.call, [CPU_ON, cpu, at(PLACE.secondary), cpu]).add(OP.waitOnline, [cpu, life]);

/** An event of CPU 0 that is taken at once. */
const enable = (script: Script, event: bigint) =>
  script
    .add(OP.call, [sdeiId('EVENT_REGISTER'), event, at(PLACE.handler), 1n, 0n, 0n])
    .add(OP.call, [sdeiId('EVENT_ENABLE'), event])
    .add(OP.call, [sdeiId('PE_UNMASK')]);

/** Results by the ids of their records. */
const resultsOf = (guest: ConformanceGuest) => new Map(guest.lines('C').map(([id, x0]) => [Number(id), signed(x0)]));

test('a signal to another CPU waits for what is in its way, and signals become one', async () => {
  const walk = new SdeiWalk([], 3);
  walk.model.turnOff(2);
  turnOn(walk.script, 1n, 1n);
  const signal = () => {
    walk.call([sdeiId('EVENT_SIGNAL'), 0n, 1n]);
    walk.signalled(1);
  };
  const onOther = (...x: readonly Value[]) => walk.call(x, 0, 1);
  signal();
  onOther(sdeiId('EVENT_REGISTER'), 0n, at(PLACE.handler), 0x51n, 0n, 0n);
  onOther(sdeiId('EVENT_ENABLE'), 0n);
  onOther(sdeiId('PE_UNMASK'));
  expect(walk.handlerCount).toBe(1);
  signal();
  onOther(sdeiId('PE_MASK'));
  for (let i = 0; i < 3; i++) signal();
  onOther(sdeiId('PE_UNMASK'));
  onOther(sdeiId('EVENT_DISABLE'), 0n);
  signal();
  onOther(sdeiId('EVENT_ENABLE'), 0n);
  // Unregistering drops what waits.
  onOther(sdeiId('PE_MASK'));
  signal();
  onOther(sdeiId('EVENT_UNREGISTER'), 0n);
  onOther(sdeiId('EVENT_REGISTER'), 0n, at(PLACE.handler), 0x52n, 0n, 0n);
  onOther(sdeiId('EVENT_ENABLE'), 0n);
  onOther(sdeiId('PE_UNMASK'));
  expect(walk.handlerCount).toBe(4);
  // Out of a handler, to both CPUs: its own event waits until it is over.
  walk.call([sdeiId('EVENT_REGISTER'), 0n, at(PLACE.handler), 0x50n, 0n, 0n]);
  walk.call([sdeiId('EVENT_ENABLE'), 0n]);
  walk.call([sdeiId('PE_UNMASK')]);
  walk.call([sdeiId('EVENT_SIGNAL'), 0n, 0n]);
  walk.call([sdeiId('EVENT_SIGNAL'), 0n, 0n]);
  signal();
  walk.leave([sdeiId('EVENT_COMPLETE'), 0n]);
  walk.leave([sdeiId('EVENT_COMPLETE'), 0n]);
  expect(walk.handlerCount).toBe(7);

  const guest = await ConformanceGuest.run(walk.script, {}, walk.onRequest);
  try {
    expect(walk.mismatches(guest)).toEqual([]);
  } finally {
    await guest.close();
  }
});

test('a CPU that was off knows nothing of its events, and starts masked', async () => {
  const walk = new SdeiWalk([VENDOR], 2);
  const onOther = (...x: readonly Value[]) => walk.call(x, 0, 1);
  turnOn(walk.script, 1n, 1n);
  for (const event of [0n, VENDOR]) {
    onOther(sdeiId('EVENT_REGISTER'), event, at(PLACE.handler), 0x51n, 0n, 0n);
    onOther(sdeiId('EVENT_ENABLE'), event);
  }
  onOther(sdeiId('PE_UNMASK'));
  walk.script.add(OP.call, [CPU_OFF], { cpu: 1, async: true }).add(OP.waitPower, [1n, OFF]);
  walk.model.turnOff(1);
  walk.call([sdeiId('EVENT_SIGNAL'), 0n, 1n]);
  walk.inject(VENDOR, 1);
  turnOn(walk.script, 1n, 2n);
  walk.model.turnOn(1);
  for (const event of [0n, VENDOR]) {
    onOther(sdeiId('EVENT_STATUS'), event);
    onOther(sdeiId('EVENT_REGISTER'), event, at(PLACE.handler), 0x52n, 0n, 0n);
    onOther(sdeiId('EVENT_ENABLE'), event);
  }
  onOther(sdeiId('PE_MASK'));
  onOther(sdeiId('PE_UNMASK'));
  expect(walk.handlerCount).toBe(0);
  walk.inject(VENDOR, 1);
  expect(walk.handlerCount).toBe(1);

  const guest = await ConformanceGuest.run(walk.script, { cpus: 2, sdeiEvents: [Number(VENDOR)] }, walk.onRequest);
  try {
    expect(walk.mismatches(guest)).toEqual([]);
  } finally {
    await guest.close();
  }
});

test.each([
  { name: 'CPU_OFF', id: CPU_OFF },
  { name: 'CPU_FREEZE', id: CPU_FREEZE },
])('$name out of a handler completes it first', async ({ id }) => {
  const script = new Script();
  turnOn(script, 1n, 1n)
    .add(OP.call, [sdeiId('EVENT_REGISTER'), 0n, at(PLACE.handler), 1n, 0n, 0n], { cpu: 1 })
    .add(OP.call, [sdeiId('EVENT_ENABLE'), 0n], { cpu: 1 })
    .add(OP.call, [sdeiId('PE_UNMASK')], { cpu: 1 })
    .add(OP.inHandler, [1n])
    .add(OP.call, [id], { cpu: 1 })
    .add(OP.call, [sdeiId('EVENT_SIGNAL'), 0n, 1n], { id: 1 })
    .add(OP.waitHandler, [1n])
    .add(OP.waitPower, [1n, OFF]);
  turnOn(script, 1n, 2n)
    .add(OP.call, [sdeiId('EVENT_STATUS'), 0n], { id: 2, cpu: 1 })
    .add(OP.call, [sdeiId('EVENT_CONTEXT'), 0n], { id: 3, cpu: 1 })
    .add(OP.call, [sdeiId('EVENT_COMPLETE'), 0n], { id: 4, cpu: 1 })
    .add(OP.call, [sdeiId('PE_MASK')], { id: 5, cpu: 1 })
    .add(OP.call, [sdeiId('EVENT_REGISTER'), 0n, at(PLACE.handler), 1n, 0n, 0n], { id: 6, cpu: 1 });
  const guest = await ConformanceGuest.run(script, { cpus: 2 });
  try {
    const results = resultsOf(guest);
    expect([1, 2, 3, 4, 5, 6].map((number) => results.get(number))).toEqual([0n, 0n, -3n, -3n, 0n, 0n]);
    expect(guest.lines('H')).toHaveLength(1);
  } finally {
    await guest.close();
  }
});

test('a handler may ask PSCI for what the document promises, and the answers are the same', async () => {
  const calls: readonly (readonly Value[])[] = [
    [0x8400_0000n],
    [AFFINITY_INFO, 0n, 0n],
    [AFFINITY_INFO, 1n, 0n],
    [0x8400_000an, 0xc400_0003n],
    [0x8400_0006n],
  ];
  const script = enable(new Script(), 0n).add(OP.call, [sdeiId('EVENT_SIGNAL'), 0n, 0n]);
  for (const [i, x] of calls.entries()) script.add(OP.call, x, { id: i + 1, conduit: i % 2 });
  script.add(OP.call, [CPU_ON, 2n, at(PLACE.secondary), 2n], { id: 20 }).add(OP.waitOnline, [2n, 1n]);
  script.add(OP.leave, [sdeiId('EVENT_COMPLETE'), 0n]);
  for (const [i, x] of calls.entries()) script.add(OP.call, x, { id: i + 11, conduit: i % 2 });
  const guest = await ConformanceGuest.run(script);
  try {
    const results = resultsOf(guest);
    const inside = calls.map((_, i) => results.get(i + 1));
    expect(inside).toEqual([0x1_0003n, ON, OFF, 0n, 2n]);
    expect(calls.map((_, i) => results.get(i + 11))).toEqual(inside);
    expect(results.get(20)).toBe(0n);
  } finally {
    await guest.close();
  }
});

/** The host injects the event as soon as the guest sleeps, without keeping the guest. */
function injectAsleep(isAsleep: (machine: Machine) => boolean) {
  const injected: (readonly SdeiInjection[])[] = [];
  let failure: unknown;
  const onRequest = (machine: Machine): Promise<void> => {
    vi.waitUntil(() => isAsleep(machine), PATIENCE)
      .then(async () => injected.push(await machine.injectSdei(Number(VENDOR), 0)))
      .catch((error: unknown) => (failure = error));
    return Promise.resolve();
  };
  return {
    onRequest,
    outcomes: async () => {
      await vi.waitUntil(() => injected.length > 0 || failure !== undefined, PATIENCE);
      expect(failure).toBeUndefined();
      return injected.flat().map(({ outcome, reason }) => `${outcome} ${reason}`.trim());
    },
  };
}

const isVcpuAsleep = (machine: Machine) => machine.stats().vcpus[0]?.power === 'suspended';
const isMachineAsleep = (machine: Machine) => machine.stats().state === 'suspended';

test.each([
  { name: 'CPU_SUSPEND', x: [0xc400_0001n, 0x4000_0003n, at(PLACE.resume), 5n], isAsleep: isVcpuAsleep },
  { name: 'CPU_DEFAULT_SUSPEND', x: [0xc400_000cn, at(PLACE.resume), 5n], isAsleep: isVcpuAsleep },
  { name: 'SYSTEM_SUSPEND', x: [0xc400_000en, at(PLACE.resume), 5n], isAsleep: isMachineAsleep },
])('an event wakes from $name at its entry, and is taken when it is unmasked', async ({ x, isAsleep }) => {
  const script = enable(new Script(), VENDOR)
    .add(OP.host)
    .add(OP.call, x, { id: 1 })
    .add(OP.call, [sdeiId('EVENT_STATUS'), VENDOR], { id: 2 })
    .add(OP.call, [sdeiId('PE_MASK')], { id: 3 })
    .add(OP.call, [sdeiId('PE_UNMASK')], { id: 4 })
    .add(OP.leave, [sdeiId('EVENT_COMPLETE'), 0n]);
  const host = injectAsleep(isAsleep);
  const changes = { cpus: 2, sdeiEvents: [Number(VENDOR)] };
  const guest = await ConformanceGuest.run(script, changes, host.onRequest);
  try {
    expect(await host.outcomes()).toEqual(['pending masked']);
    expect(guest.lines('R').map(([id, context]) => [id, context])).toEqual([['1', '0x5']]);
    const results = resultsOf(guest);
    // Still registered and enabled; masked by the dispatcher; taken by the unmasking.
    expect([2, 3, 4].map((id) => results.get(id))).toEqual([3n, 0n, 0n]);
    expect(guest.lines('H').map(([, event]) => event)).toEqual([`0x${VENDOR.toString(16)}`]);
  } finally {
    await guest.close();
  }
});

test('an event ends a standby, after its handler', async () => {
  const script = enable(new Script(), VENDOR)
    .add(OP.host)
    .add(OP.call, [0xc400_0001n, 1n, at(PLACE.resume), 5n], { id: 1 })
    .add(OP.call, [sdeiId('EVENT_STATUS'), VENDOR], { id: 2 })
    .add(OP.leave, [sdeiId('EVENT_COMPLETE'), 0n])
    .add(OP.call, [sdeiId('PE_MASK')], { id: 3 });
  const host = injectAsleep(isVcpuAsleep);
  const changes = { cpus: 1, sdeiEvents: [Number(VENDOR)] };
  const guest = await ConformanceGuest.run(script, changes, host.onRequest);
  try {
    expect(await host.outcomes()).toEqual(['delivered']);
    // Inside the handler status 7; then the call returns, and the mask is as it was.
    expect(
      guest
        .lines('C')
        .slice(3)
        .map(([id, x0]) => [id, x0]),
    ).toEqual([
      ['2', '0x7'],
      ['1', '0x0'],
      ['3', '0x1'],
    ]);
  } finally {
    await guest.close();
  }
});

test.each([
  { name: 'SYSTEM_RESET', x: [0x8400_0009n] },
  { name: 'SYSTEM_RESET2', x: [0xc400_0012n, 0n, 0n] },
])('$name out of a handler forgets everything', async ({ x }) => {
  // The same in each life: what is left of the last one, then a handler that resets.
  const script = new Script()
    .add(OP.call, [sdeiId('EVENT_STATUS'), 0n], { id: 1 })
    .add(OP.call, [sdeiId('EVENT_CONTEXT'), 0n], { id: 2 })
    .add(OP.call, [sdeiId('PE_MASK')], { id: 3 });
  enable(script, 0n)
    .add(OP.call, [sdeiId('EVENT_SIGNAL'), 0n, 0n], { id: 4 })
    .add(OP.call, x, { id: 5 });
  const guest = new ConformanceGuest(script, { cpus: 1 });
  try {
    guest.machine.start();
    const left = () =>
      guest
        .lines('C')
        .filter(([id]) => id !== '0')
        .map(([id, x0]) => `${id} ${signed(x0)}`);
    await vi.waitUntil(() => left().length >= 9, PATIENCE);
    expect(left().slice(0, 9)).toEqual(Array.from({ length: 3 }, () => ['1 0', '2 -3', '3 0']).flat());
    expect(guest.machine.stats().resets).toBeGreaterThanOrEqual(2);
  } finally {
    await guest.close();
  }
});

const OUTCOMES: readonly {
  readonly x: readonly Value[];
  readonly changes: Partial<MachineConfig>;
  readonly outcome: string;
}[] = [
  { x: [0x8400_0008n], changes: {}, outcome: 'powered-off' },
  { x: [0xc400_0015n, 1n, 0n], changes: {}, outcome: 'hibernated' },
  { x: [0x8400_0009n], changes: { onReset: 'stop' }, outcome: 'reset' },
];

test.each(OUTCOMES)('a call out of a handler ends the machine: $outcome', async ({ x, changes, outcome }) => {
  const script = enable(new Script(), 0n)
    .add(OP.call, [sdeiId('EVENT_SIGNAL'), 0n, 0n])
    .add(OP.call, x);
  const guest = new ConformanceGuest(script, { cpus: 1, ...changes });
  try {
    guest.machine.start();
    const ended = await vi.waitUntil(() => guest.events.find((event) => event.kind === 'ended'), PATIENCE);
    expect(ended.outcome).toBe(outcome);
    expect(guest.lines('H')).toHaveLength(1);
  } finally {
    await guest.close();
  }
});
