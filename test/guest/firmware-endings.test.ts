// System-wide calls that the host allows: what becomes of the machine, what is kept of the call, what memory holds after.
import { expect, test, vi } from 'vitest';
import type { MachineConfig, MachineEvent, PsciVersion } from '../../binding/index.js';
import { at, ConformanceGuest, OP, PLACE, Script, type Value } from '../helpers/conformance-guest.ts';
import { VERSIONS } from '../helpers/psci-model.ts';

type Ended = Extract<MachineEvent, { kind: 'ended' }>;

const COOKIE = 0xdead_beef_8765_4321n;
const LOW_COOKIE = COOKIE & 0xffff_ffffn;
const PATIENCE = { timeout: 60_000, interval: 2 };
const newerThan = (version: PsciVersion, since: PsciVersion) => VERSIONS.indexOf(version) >= VERSIONS.indexOf(since);

/** Call, the first version that has it, and what is kept of it. A version without it answers NOT_SUPPORTED. */
const ENDINGS: readonly (readonly [x: readonly bigint[], since: PsciVersion, kept: Partial<Ended>])[] = [
  [[0x8400_0008n], '0.2', { outcome: 'powered-off' }],
  [[0x8400_0009n], '0.2', { outcome: 'reset', lastReset: { kind: 'cold', type: 0, cookie: 0n } }],
  [[0x8400_0012n, 0n, COOKIE], '1.1', { outcome: 'reset', lastReset: { kind: 'warm', type: 0, cookie: LOW_COOKIE } }],
  [[0xc400_0012n, 0n, COOKIE], '1.1', { outcome: 'reset', lastReset: { kind: 'warm', type: 0, cookie: COOKIE } }],
  [
    [0x8400_0012n, 0x8000_0000n, COOKIE],
    '1.1',
    { outcome: 'reset', lastReset: { kind: 'cold', type: 0x8000_0000, cookie: LOW_COOKIE } },
  ],
  [
    [0xc400_0012n, 0xffff_ffffn, COOKIE],
    '1.1',
    { outcome: 'reset', lastReset: { kind: 'cold', type: 0xffff_ffff, cookie: COOKIE } },
  ],
  [[0x8400_0015n, 0n, 0n], '1.3', { outcome: 'hibernated', offType: 0 }],
  [[0xc400_0015n, 1n, 0n], '1.3', { outcome: 'hibernated', offType: 1 }],
];

test.each(VERSIONS)('each way to end a machine of PSCI %s, once a boot', async (version) => {
  for (const [i, [x, since, kept]] of ENDINGS.entries()) {
    const script = new Script().add(OP.call, x, { id: 1, conduit: i % 2 });
    const guest = new ConformanceGuest(script, { cpus: 2, psciVersion: version, onReset: 'stop' });
    try {
      guest.machine.start();
      const ended = () => guest.events.find((event) => event.kind === 'ended');
      await vi.waitUntil(() => ended() ?? guest.console.includes('\nE '), PATIENCE);
      const has = newerThan(version, since);
      expect(ended()).toEqual(has ? expect.objectContaining(kept) : undefined);
      // The caller executes nothing more; without the function it goes on.
      expect(guest.lines('C').map(([, x0 = '']) => BigInt.asIntN(64, BigInt(x0)))).toEqual(has ? [] : [-1n]);
    } finally {
      await guest.close();
    }
  }
});

test.each(
  VERSIONS.flatMap((version) =>
    [0x8400_000en, 0xc400_000en].map((id) => ({ version, id, name: `0x${id.toString(16)}` })),
  ),
)('SYSTEM_SUSPEND $name of PSCI $version sleeps until the user wakes it', async ({ version, id }) => {
  const script = new Script().add(OP.call, [id, at(PLACE.resume), COOKIE], { id: 1 });
  const guest = new ConformanceGuest(script, { cpus: 2, psciVersion: version });
  try {
    guest.machine.start();
    await vi.waitUntil(() => guest.machine.stats().state === 'suspended' || guest.console.includes('\nE '), PATIENCE);
    if (!newerThan(version, '1.0')) {
      expect(guest.lines('C')[0]?.[1]).toBe('0xffffffffffffffff');
      return;
    }
    await guest.machine.wake();
    await guest.shows('E ');
    // At the entry with its context, at EL1 on SP_EL1 with DAIF masked, without a call that returned.
    const context = id === 0xc400_000en ? COOKIE : LOW_COOKIE;
    expect(guest.lines('R').map((words) => words.slice(0, 5))).toEqual([
      ['1', `0x${context.toString(16)}`, '0x3c0', '0x4', '0x1'],
    ]);
    expect(guest.lines('C')).toEqual([]);
    expect(guest.machine.stats()).toMatchObject({ state: 'running', resets: 0, lastReset: null });
  } finally {
    await guest.close();
  }
});

const SUSPENDS: readonly {
  readonly name: string;
  readonly isAlone: boolean;
  readonly changes: Partial<MachineConfig>;
  readonly result: bigint | 'asleep';
}[] = [
  { name: 'another CPU is on', isAlone: false, changes: {}, result: -3n },
  {
    name: 'another CPU is on, and the host would refuse',
    isAlone: false,
    changes: { policy: { SYSTEM_SUSPEND: 'deny' } },
    result: -3n,
  },
  { name: 'the host refuses', isAlone: true, changes: { policy: { SYSTEM_SUSPEND: 'deny' } }, result: -3n },
  {
    name: 'nobody answers and the default is to refuse',
    isAlone: true,
    changes: { policy: { SYSTEM_SUSPEND: 'ask' }, policyTimeoutMs: 100, policyDefault: 'deny' },
    result: -3n,
  },
  {
    name: 'nobody answers and the default is to allow',
    isAlone: true,
    changes: { policy: { SYSTEM_SUSPEND: 'ask' }, policyTimeoutMs: 100, policyDefault: 'allow' },
    result: 'asleep',
  },
];

test.each(SUSPENDS)('SYSTEM_SUSPEND when $name', async ({ isAlone, changes, result }) => {
  const script = new Script();
  if (!isAlone) script.add(OP.call, [0xc400_0003n, 1n, at(PLACE.secondary), 1n]).add(OP.waitOnline, [1n, 1n]);
  script.add(OP.call, [0xc400_000en, at(PLACE.resume), 5n], { id: 1 });
  // A bad entry is found first, whatever the others do.
  script.add(OP.call, [0xc400_000en, 2n, 5n], { id: 2 });
  const guest = new ConformanceGuest(script, { cpus: 2, ...changes });
  try {
    guest.machine.start();
    await vi.waitUntil(() => guest.machine.stats().state === 'suspended' || guest.console.includes('\nE '), PATIENCE);
    if (guest.machine.stats().state === 'suspended') await guest.machine.wake();
    await guest.shows('E ');
    const results = new Map(guest.lines('C').map(([id, x0 = '']) => [id, BigInt.asIntN(64, BigInt(x0))]));
    expect(guest.lines('R')).toHaveLength(result === 'asleep' ? 1 : 0);
    expect(results.get('1')).toBe(result === 'asleep' ? undefined : result);
    expect(results.get('2')).toBe(-9n);
    const questions = guest.events.filter((event) => event.kind === 'policy');
    expect(questions).toHaveLength(changes.policy?.SYSTEM_SUSPEND === 'ask' ? 1 : 0);
  } finally {
    await guest.close();
  }
});

const SCRATCH = 0x43f0_0000n;
const PATTERN = 0x1122_3344_5566_7788n;
const SYSTEM_RESET: readonly Value[] = [0x8400_0009n];
const WARM: readonly Value[] = [0xc400_0012n, 0n, 0n];
const VENDOR: readonly Value[] = [0xc400_0012n, 0x8000_0001n, 0n];

test.each([
  { name: 'SYSTEM_RESET', reset: SYSTEM_RESET, protect: 1n, memory: 0n, protectedAfter: 0n },
  { name: 'SYSTEM_RESET2 of a vendor', reset: VENDOR, protect: 1n, memory: 0n, protectedAfter: 0n },
  { name: 'SYSTEM_WARM_RESET', reset: WARM, protect: 1n, memory: PATTERN, protectedAfter: 1n },
  { name: 'SYSTEM_RESET', reset: SYSTEM_RESET, protect: 0n, memory: 0n, protectedAfter: 0n },
  { name: 'SYSTEM_WARM_RESET', reset: WARM, protect: 0n, memory: PATTERN, protectedAfter: 0n },
])('$name with MEM_PROTECT $protect leaves $memory in memory', async ({ reset, protect, memory, protectedAfter }) => {
  // The same in each life: look at what the last one has left, say what to protect, write, reset.
  const script = new Script()
    .add(OP.peek, [SCRATCH], { id: 1 })
    .add(OP.call, [0x8400_0013n, protect], { id: 2 })
    .add(OP.poke, [SCRATCH, PATTERN])
    .add(OP.call, reset, { id: 3 });
  const guest = new ConformanceGuest(script);
  try {
    guest.machine.start();
    await vi.waitUntil(() => guest.lines('C').length >= 3, PATIENCE);
    const seen = guest.lines('V').map(([, value]) => value);
    const before = guest.lines('C').map(([id, x0]) => [id, x0]);
    expect(seen.slice(0, 3)).toEqual(['0x0', ...Array.from({ length: 2 }, () => `0x${memory.toString(16)}`)]);
    expect(before.slice(0, 3)).toEqual([
      ['2', '0x0'],
      ...Array.from({ length: 2 }, () => ['2', `0x${protectedAfter.toString(16)}`]),
    ]);
    expect(guest.machine.stats().lastReset?.kind).toBe(reset === WARM ? 'warm' : 'cold');
  } finally {
    await guest.close();
  }
});
