// Every call of SDEI in every state of an event, through a bare-metal guest and beside a second dispatcher
// (helpers/sdei-model.ts): results, registers, the handlers that are entered and what they find.
import { afterAll, expect, test } from 'vitest';
import { at, CONDUITS, ConformanceGuest, OP, PLACE, type Value } from '../helpers/conformance-guest.ts';
import { SDEI_FUNCTIONS, sdeiId } from '../helpers/sdei-model.ts';
import { SdeiWalk } from '../helpers/sdei-walk.ts';

const NORMAL = 0x4000_0001n;
const CRITICAL = 0x4080_0002n;
const EVENTS = [0n, NORMAL, CRITICAL];
const HOSTILE = 0xdead_beef_8765_4321n;
const ALL_ONES = (1n << 64n) - 1n;
const [HVC, SMC] = [0, 1];
const ARGUMENT = 0xfeed_0000_1234_5678n;

/** One step of the matrix: a call, or an injection by the host. */
type Step =
  { readonly x: readonly Value[]; readonly immediate?: 1 } | { readonly inject: bigint; readonly cpu: number };

interface State {
  readonly name: string;
  readonly reach: (walk: SdeiWalk, event: bigint, conduit: number) => void;
}

const register = (walk: SdeiWalk, event: bigint, conduit: number) =>
  walk.call([sdeiId('EVENT_REGISTER'), event, at(PLACE.handler), ARGUMENT, 0n, 0n], conduit);
const enable = (walk: SdeiWalk, event: bigint, conduit: number) => {
  register(walk, event, conduit);
  walk.call([sdeiId('EVENT_ENABLE'), event], conduit);
};
const unmask = (walk: SdeiWalk, conduit: number) => walk.call([sdeiId('PE_UNMASK')], conduit);
/** Event 0 by EVENT_SIGNAL, the others by the host. */
const trigger = (walk: SdeiWalk, event: bigint, conduit: number) =>
  event === 0n ? walk.call([sdeiId('EVENT_SIGNAL'), 0n, 0n], conduit) : walk.inject(event);
const run = (walk: SdeiWalk, event: bigint, conduit: number) => {
  enable(walk, event, conduit);
  unmask(walk, conduit);
  trigger(walk, event, conduit);
};

const STATES: readonly State[] = [
  { name: 'unregistered', reach: () => undefined },
  { name: 'unregistered, unmasked', reach: (walk, _, conduit) => unmask(walk, conduit) },
  { name: 'unregistered, triggered', reach: trigger },
  { name: 'registered', reach: register },
  {
    name: 'registered, triggered, unmasked',
    reach: (walk, event, conduit) => {
      register(walk, event, conduit);
      unmask(walk, conduit);
      trigger(walk, event, conduit);
    },
  },
  { name: 'enabled', reach: enable },
  {
    name: 'enabled, triggered',
    reach: (walk, event, conduit) => {
      enable(walk, event, conduit);
      trigger(walk, event, conduit);
    },
  },
  {
    name: 'enabled, unmasked',
    reach: (walk, event, conduit) => {
      enable(walk, event, conduit);
      unmask(walk, conduit);
    },
  },
  { name: 'running', reach: run },
  {
    name: 'running, triggered again',
    reach: (walk, event, conduit) => {
      run(walk, event, conduit);
      trigger(walk, event, conduit);
    },
  },
  {
    name: 'running, masked inside',
    reach: (walk, event, conduit) => {
      run(walk, event, conduit);
      walk.call([sdeiId('PE_MASK')], conduit);
    },
  },
  {
    name: 'running, disabled inside',
    reach: (walk, event, conduit) => {
      run(walk, event, conduit);
      walk.call([sdeiId('EVENT_DISABLE'), event], conduit);
    },
  },
  {
    name: 'unregister-pending',
    reach: (walk, event, conduit) => {
      run(walk, event, conduit);
      walk.call([sdeiId('EVENT_UNREGISTER'), event], conduit);
    },
  },
  {
    name: 'unregister-pending, triggered',
    reach: (walk, event, conduit) => {
      run(walk, event, conduit);
      walk.call([sdeiId('EVENT_UNREGISTER'), event], conduit);
      trigger(walk, event, conduit);
    },
  },
  {
    name: 'running, relative to VBAR',
    reach: (walk, event, conduit) => {
      walk.call([sdeiId('EVENT_REGISTER'), event, at(PLACE.relativeHandler), ARGUMENT, 2n, 0n], conduit);
      walk.call([sdeiId('EVENT_ENABLE'), event], conduit);
      unmask(walk, conduit);
      trigger(walk, event, conduit);
    },
  },
  {
    // Critical before normal, whatever the order of the triggers.
    name: 'two triggered, masked',
    reach: (walk, event, conduit) => {
      const normal = event === CRITICAL ? 0n : event;
      for (const each of [normal, CRITICAL]) enable(walk, each, conduit);
      for (const each of [normal, CRITICAL]) trigger(walk, each, conduit);
    },
  },
  {
    // The critical event is the one that interrupts; for the critical event itself that is event 0.
    name: 'two handlers run',
    reach: (walk, event, conduit) => {
      run(walk, event === CRITICAL ? 0n : event, conduit);
      enable(walk, CRITICAL, conduit);
      trigger(walk, CRITICAL, conduit);
    },
  },
];
/** Calls that ask for nothing in SDEI are made in these states only. */
const STATES_FOR_STRANGERS = ['unregistered', 'enabled, unmasked', 'running'];

function stepsFor(event: bigint): Step[] {
  const bad = [1n, 0x4000_0002n, 0x4100_0000n, 0x8000_0000n, 0xffff_ffffn, event | (1n << 32n), ALL_ONES];
  const entry = at(PLACE.handler);
  const x: Value[][] = [
    [sdeiId('VERSION')],
    [sdeiId('VERSION'), HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE],
    // For a private event the routing mode and the affinity mean nothing.
    [sdeiId('EVENT_REGISTER'), event, entry, 1n, 0n, 0n],
    [sdeiId('EVENT_REGISTER'), event, entry, 2n, 1n, HOSTILE],
    [sdeiId('EVENT_REGISTER'), event, at(PLACE.relativeHandler), ALL_ONES, 2n, ALL_ONES],
    [sdeiId('EVENT_REGISTER'), event, at(PLACE.relativeHandler), 0n, 3n, 1n],
    ...[1n, 2n, 3n].map((odd) => [sdeiId('EVENT_REGISTER'), event, at(PLACE.handler, odd), 0n, 0n, 0n]),
    [sdeiId('EVENT_REGISTER'), event, at(PLACE.relativeHandler, 2n), 0n, 2n, 0n],
    ...[4n, 7n, 1n << 32n, 1n << 63n].map((flags) => [sdeiId('EVENT_REGISTER'), event, entry, 0n, flags, 0n]),
    ...bad.map((number) => [sdeiId('EVENT_REGISTER'), number, entry, 0n, 0n, 0n]),
    ...(['EVENT_ENABLE', 'EVENT_DISABLE', 'EVENT_UNREGISTER', 'EVENT_STATUS'] as const).flatMap((name) =>
      [event, ...bad].map((number) => [sdeiId(name), number]),
    ),
    ...[0n, 1n, 2n, 3n, 5n, 6n, 16n, 17n, 18n, 0xffn, 1n << 32n, ALL_ONES].map((n) => [sdeiId('EVENT_CONTEXT'), n]),
    ...[0n, 1n, 2n, ALL_ONES].map((status) => [sdeiId('EVENT_COMPLETE'), status]),
    ...[0n, 1n, 2n, 3n].map((odd) => [sdeiId('EVENT_COMPLETE_AND_RESUME'), at(PLACE.resumePoint, odd)]),
    [sdeiId('EVENT_COMPLETE_AND_RESUME'), ALL_ONES],
    ...[0n, 1n, 2n, 3n, 4n, 5n, 1n << 32n, ALL_ONES].map((info) => [sdeiId('EVENT_GET_INFO'), event, info]),
    ...bad.map((number) => [sdeiId('EVENT_GET_INFO'), number, 0n]),
    ...[0n, 1n, 2n, ALL_ONES].map((mode) => [sdeiId('EVENT_ROUTING_SET'), event, mode, 0n]),
    [sdeiId('EVENT_ROUTING_SET'), 1n, 0n, 0n],
    [sdeiId('PE_MASK')],
    [sdeiId('PE_UNMASK')],
    ...[0n, 15n, 16n, 27n, 33n, 1019n, 1020n, 8192n, ALL_ONES].map((intid) => [sdeiId('INTERRUPT_BIND'), intid]),
    ...[event, ...bad].map((number) => [sdeiId('INTERRUPT_RELEASE'), number]),
    // To itself, another CPU, one that is off, nobody; a signal that the guest cannot send.
    ...[0n, 1n, 2n, 3n, 0x100n, 0x8000_0000n, 1n << 32n, 1n << 40n, ALL_ONES].map((target) => [
      sdeiId('EVENT_SIGNAL'),
      0n,
      target,
    ]),
    ...[NORMAL, CRITICAL, ...bad].map((number) => [sdeiId('EVENT_SIGNAL'), number, 0n]),
    ...[0n, 1n, 2n, 1n << 32n, ALL_ONES].map((feature) => [sdeiId('FEATURES'), feature]),
    [sdeiId('PRIVATE_RESET')],
    [sdeiId('SHARED_RESET'), HOSTILE],
  ];
  return [
    ...x.map((values) => ({ x: values })),
    { inject: event, cpu: 0 },
    { inject: event === NORMAL ? 0n : NORMAL, cpu: 0 },
    { inject: event === CRITICAL ? 0n : CRITICAL, cpu: 0 },
    { inject: event, cpu: 1 },
    { inject: event, cpu: 2 },
  ];
}

/** What is no call of SDEI, though it looks like one. */
function strangers(event: bigint): Step[] {
  const functions = SDEI_FUNCTIONS.map((name) => [sdeiId(name), event, at(PLACE.handler), 0n, 0n, 0n]);
  const reserved = Array.from({ length: 13 }, (_, i) => 0xc400_0033n + BigInt(i));
  return [
    ...functions.map((x) => ({ x, immediate: 1 as const })),
    ...functions.map(([id, ...rest]) => ({ x: [(id as bigint) & 0xbfff_ffffn, ...rest] })),
    ...reserved.map((id) => ({ x: [id, event] })),
    // Reserved bits, a yielding call, other owners; then what must make no difference: the SVE hint, the upper half.
    ...[0xc402_0028n, 0xc480_0028n, 0x4400_0028n, 0xc500_0028n, 0xc300_0028n, 0xc601_0028n].map((id) => ({
      x: [id, event],
    })),
    { x: [0xc401_0028n, event] },
    { x: [0xdead_beef_c400_0028n, event] },
    { x: [(ALL_ONES << 32n) | 0xc401_002bn, event] },
  ];
}

const cells = new Map<string, number>();
let isWrong = false;

/** Takes all that is pending or running, so that it shows, and leaves nothing registered. */
function cleanUp(walk: SdeiWalk, event: bigint, conduit: number): void {
  const finish = () => {
    while (walk.model.depth(0) > 0) walk.leave([sdeiId('EVENT_COMPLETE'), 0n], conduit);
  };
  finish();
  for (const each of EVENTS) walk.call([sdeiId('EVENT_STATUS'), each], conduit);
  if (!walk.model.status(0, event).registered) register(walk, event, conduit);
  walk.call([sdeiId('EVENT_ENABLE'), event], conduit);
  finish();
  unmask(walk, conduit);
  finish();
  walk.call([sdeiId('PE_MASK')], conduit);
  walk.call([sdeiId('PRIVATE_RESET')], conduit);
}

/** Makes the step in the state; says whether that has changed anything that a later step could notice. */
function take(walk: SdeiWalk, step: Step, conduit: number): boolean {
  const before = walk.model.snapshot();
  if ('inject' in step) {
    walk.inject(step.inject, step.cpu);
  } else {
    const id = step.x[0];
    const isEnd = id === sdeiId('EVENT_COMPLETE') || id === sdeiId('EVENT_COMPLETE_AND_RESUME');
    const address = step.x[1];
    const isOdd = typeof address === 'object' ? address.plus % 4n !== 0n : id !== sdeiId('EVENT_COMPLETE');
    if (isEnd && !step.immediate && !isOdd && walk.model.depth(0) > 0) walk.leave(step.x, conduit);
    else walk.call(step.x, step.immediate ? conduit + 2 : conduit);
  }
  return walk.model.snapshot() !== before;
}

const nameOf = (step: Step) => {
  if ('inject' in step) return 'injection by the host';
  const id = step.x[0] as bigint;
  return step.immediate ? 'no function' : (SDEI_FUNCTIONS[Number((id & 0xffff_ffffn) - 0xc400_0020n)] ?? 'no function');
};

const MATRIX = EVENTS.flatMap((event) =>
  [HVC, SMC].map((conduit) => ({ event, conduit, name: `0x${event.toString(16)} by ${CONDUITS[conduit]}` })),
);

test.each(MATRIX)('every call in every state of event $name', async ({ event, conduit }) => {
  const walk = new SdeiWalk([NORMAL, CRITICAL], 3);
  walk.model.turnOff(2);
  walk.script.reportInBlocks();
  walk.script.add(OP.call, [0xc400_0003n, 1n, at(PLACE.secondary), 1n]).add(OP.waitOnline, [1n, 1n]);
  let cases = 0;
  for (const state of STATES) {
    const steps = [...stepsFor(event), ...(STATES_FOR_STRANGERS.includes(state.name) ? strangers(event) : [])];
    let isFresh = false;
    for (const step of steps) {
      if (!isFresh) state.reach(walk, event, conduit);
      const hasChanged = take(walk, step, conduit);
      if (hasChanged) cleanUp(walk, event, conduit);
      isFresh = !hasChanged;
      cases++;
      const cell = `${nameOf(step)}|${state.name}`;
      cells.set(cell, (cells.get(cell) ?? 0) + 1);
    }
    if (isFresh) cleanUp(walk, event, conduit);
  }
  const guest = await ConformanceGuest.run(
    walk.script,
    { sdeiEvents: [Number(NORMAL), Number(CRITICAL)] },
    walk.onRequest,
  );
  try {
    const mismatches = walk.mismatches(guest);
    isWrong ||= mismatches.length > 0;
    expect(mismatches).toEqual([]);
    expect(cases).toBeGreaterThan(1000);
  } finally {
    await guest.close();
  }
});

afterAll(() => {
  const names = [...SDEI_FUNCTIONS, 'no function', 'injection by the host'];
  const cell = (name: string, state: string) => String(cells.get(`${name}|${state}`) ?? '-').padStart(5);
  const total = [...cells.values()].reduce((sum, count) => sum + count, 0);
  console.log(
    [
      `SDEI cases checked, by function and state, over ${EVENTS.length} events and both conduits: ${total}${isWrong ? ', with mismatches' : ', mismatches: 0'}`,
      ...STATES.map(({ name }, i) => `  ${String.fromCharCode(97 + i)} ${name}`),
      ''.padEnd(26) + STATES.map((_, i) => String.fromCharCode(97 + i).padStart(5)).join(''),
      ...names.map((name) => name.padEnd(26) + STATES.map((state) => cell(name, state.name)).join('')),
    ].join('\n'),
  );
});
