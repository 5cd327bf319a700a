// Every PSCI function with valid, boundary and hostile arguments, as a script for the conformance guest.
import type { PsciVersion } from '../../binding/index.js';
import { at, CONDUITS, type ConformanceGuest, MEMORY, OP, PLACE, Script, type Value } from './conformance-guest.ts';
import { argumentsOf } from './psci-arguments.ts';
import type { Expected, World } from './psci-model.ts';
import { expectPsci, FUNCTIONS, IDS_0_1, SMCCC } from './psci-model.ts';

export interface Case {
  readonly id: number;
  readonly conduit: number;
  readonly x: readonly Value[];
  readonly expected: Expected;
  /** Registers of x1 to x30 that need not keep their value, as bits. */
  readonly mayChange: bigint;
}

export interface Call {
  readonly version: PsciVersion;
  /** Of the function in this version; 'no function', 'SMCCC'. */
  readonly name: string;
  /** x0 to x3. */
  readonly x: readonly bigint[];
  readonly bySmc: boolean;
  readonly immediate: number;
  /** What our firmware gives. */
  readonly expected: Expected;
}

/** What firmware that is not ours gives; undefined: the same as ours. A call that is not made is left out of the script. */
export type OtherFirmware = (
  call: Call,
) => { readonly results: Expected['results']; readonly mayChange: bigint } | 'not made' | undefined;

const NO_RETURN = ['CPU_OFF', 'CPU_FREEZE'];
const HOSTILE = 0xdead_beef_8765_4321n;
/** No core of the guest can have slept longer. */
const LONGEST_US = 600_000_000n;

const numbers = (x: readonly Value[]) =>
  // Where the guest's own code lies does not matter to a model that asks whether it is memory.
  x.map((value) => (typeof value === 'bigint' ? value : MEMORY.base + 0x1000n + value.plus));

/**
 * The cases of one version, and the records that produce them.
 * @param other firmware that answers some of them
 */
export function casesOf(
  version: PsciVersion,
  other: OtherFirmware = () => undefined,
): { cases: Case[]; script: Script } {
  const script = new Script();
  const cases: Case[] = [];
  const world: World = {
    version,
    power: ['on', 'on', 'off'],
    memory: MEMORY,
    memoryProtected: false,
    uses: { standby: 0n, powerDown: 0n },
  };
  const cpuOn = version === '0.1' ? IDS_0_1.on : 0xc400_0003n;
  script.reportInBlocks();
  script.add(OP.call, [cpuOn, 1n, at(PLACE.secondary), 1n], { id: 0 }).add(OP.waitOnline, [1n, 1n]);
  const make = (
    x: readonly Value[],
    conduit: number,
    expected: Expected,
    more: { cpu?: number; async?: boolean } = {},
  ) => {
    const call = { version, name: expected.name, x: numbers(x), bySmc: conduit % 2 === 1, immediate: conduit >> 1 };
    const others = other({ ...call, expected });
    if (others === 'not made') return false;
    const id = cases.length + 1;
    if (/SUSPEND/.test(expected.name)) script.add(OP.timer, [0n, 1n]);
    script.add(OP.call, x, { ...more, id, conduit });
    const results = others?.results ?? expected.results;
    cases.push({ id, conduit, x, expected: { ...expected, results }, mayChange: others?.mayChange ?? 0n });
    return true;
  };
  const expectNow = (x: readonly Value[], conduit: number) =>
    make(x, conduit, expectPsci(world, numbers(x), conduit >> 1));
  const add = (x: readonly Value[], conduit: number) => {
    const expected = expectPsci(world, numbers(x), conduit >> 1);
    // CPU_OFF and CPU_FREEZE do not come back; they have tests of their own.
    if (!NO_RETURN.includes(expected.name) || conduit >= 2) make(x, conduit, expected);
  };
  for (const [number, name] of FUNCTIONS)
    for (const base of [0x8400_0000n, 0xc400_0000n])
      for (const values of argumentsOf(name))
        for (const conduit of [0, 1]) add([base + BigInt(number), ...values], conduit);
  for (const id of Object.values(IDS_0_1))
    for (const name of id === IDS_0_1.suspend ? ['CPU_SUSPEND'] : ['CPU_ON'])
      for (const values of argumentsOf(name)) for (const conduit of [0, 1]) add([id, ...values], conduit);
  // The wrong immediate, the SVE hint, reserved bits, upper halves, yielding calls, ids that nobody has.
  for (const [number] of FUNCTIONS)
    for (const conduit of [0, 1, 2, 3])
      for (const id of [0x8400_0000n, 0xc400_0000n, 0x0400_0000n, 0x8402_0000n, 0xc480_0000n])
        if (conduit >= 2 || id === 0x0400_0000n || (id & 0xfe_0000n) !== 0n) add([id + BigInt(number)], conduit);
  for (const conduit of [0, 1])
    for (const id of [
      0x8401_0000n,
      0xffff_ffff_8400_0000n,
      0x1_8400_0006n,
      0x8400_0016n,
      0xc400_0016n,
      0x8400_0017n,
      0xc400_0017n,
      0x8400_001fn,
      0xc400_001fn,
      0x8400_0020n,
      0x8400_0032n,
      0x8400_0050n,
      0x8600_ff01n,
      0xc500_0020n,
      0x8400_ffffn,
      0n,
      0xffff_ffffn,
    ])
      add([id], conduit);
  const wide = (id: bigint) => id | 0x4000_0000n;
  for (const id of [...Object.values(SMCCC), ...Object.values(SMCCC).map(wide), 0x8000_0002n, 0x8000_0004n])
    for (const conduit of [0, 1, 2, 3]) add([id, HOSTILE, HOSTILE], conduit);
  for (const asked of [...Object.values(SMCCC), ...Object.values(SMCCC).map(wide), 0x8000_0002n, 0x8400_0000n, HOSTILE])
    for (const conduit of [0, 1])
      for (const upper of [0n, 0xffff_ffff_0000_0000n]) add([SMCCC.archFeatures, asked | upper], conduit);
  // The second CPU goes off and comes back.
  let lives = 1n;
  for (const off of version === '0.1'
    ? [IDS_0_1.off]
    : version === '0.2'
      ? [0x8400_0002n]
      : [0x8400_0002n, 0x8400_000bn])
    for (const conduit of [0, 1]) {
      const isMade = make([off, HOSTILE], conduit, expectPsci(world, [off], 0), { cpu: 1, async: true });
      if (!isMade) continue;
      // 0.1 has no call to look with: that CPU 1 is off shows when it can be turned on.
      const isBlind = version === '0.1';
      if (isBlind) script.add(OP.waitResult, [cpuOn, 1n, at(PLACE.secondary), 1n, 0n]);
      else script.add(OP.waitPower, [1n, 1n]);
      world.power = ['on', 'off', 'off'];
      expectNow([0xc400_0004n, 1n, 0n], conduit);
      expectNow([0xc400_0004n, 0n, 3n], conduit);
      expectNow([0xc400_000dn, 1n, 0n], conduit);
      if (!isBlind) expectNow([cpuOn, 1n, at(PLACE.secondary), 1n], conduit);
      world.power = ['on', 'on', 'off'];
      script.add(OP.waitOnline, [1n, ++lives]);
      expectNow([cpuOn, 1n, at(PLACE.secondary), 1n], conduit);
      expectNow([0xc400_0004n, 1n, 0n], conduit);
    }
  return { cases, script };
}

/** What the guest has seen otherwise. */
export function mismatchesOf(guest: ConformanceGuest, cases: readonly Case[]): string[] {
  const returned = new Map(guest.lines('C').map(([id, ...rest]) => [Number(id), rest.map(BigInt)]));
  const resumed = new Map(guest.lines('R').map(([id, ...rest]) => [Number(id), rest.map(BigInt)]));
  return cases.flatMap((one) => {
    const { results, is32Bit, name } = one.expected;
    const given = numbers(one.x);
    const label = `${one.id} ${name} ${CONDUITS[one.conduit]} ${given.map((value) => `0x${value.toString(16)}`).join(' ')}`;
    const back = resumed.get(one.id);
    if (back) {
      const [x0, daif, el, sp, sctlr = 0n] = back;
      const context = name === 'CPU_SUSPEND' ? given[3] : given[2];
      // Section 6.4: EL1h, all masked, MMU and caches off.
      const isRight = x0 === context && daif === 0x3c0n && el === 4n && sp === 1n && (sctlr & 0x1005n) === 0n;
      return results.includes('resumes') && isRight ? [] : [`${label}: resumes with ${back.join(' ')}`];
    }
    const line = returned.get(one.id);
    if (NO_RETURN.includes(name) && one.conduit < 2) return line ? [`${label}: it returned`] : [];
    if (!line) return [`${label}: no result`];
    const [x0 = 0n, changed] = line;
    const result = is32Bit ? BigInt.asIntN(32, x0) : BigInt.asIntN(64, x0);
    const isFigure = results.includes('figure') && result >= 0n && result < LONGEST_US;
    const isRight = ((changed ?? 0n) & ~one.mayChange) === 0n && (isFigure || results.includes(result));
    return isRight ? [] : [`${label}: ${result}, expected ${results.join(' or ')}; changed 0x${changed?.toString(16)}`];
  });
}
