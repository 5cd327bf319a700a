import { afterAll, expect, test } from 'vitest';
import type { PsciVersion } from '../../binding/index.js';
import { at, CONDUITS, ConformanceGuest, MEMORY, OP, PLACE, Script, type Value } from '../helpers/conformance-guest.ts';
import { TEST_ENGINE } from '../helpers/engine.ts';
import { expectOfKvm, isAnsweredByKvm, RESULT_REGISTERS } from '../helpers/kvm-calls.ts';
import type { Expected, World } from '../helpers/psci-model.ts';
import { expectPsci, FUNCTIONS, IDS_0_1, SMCCC, VERSIONS } from '../helpers/psci-model.ts';

interface Case {
  readonly id: number;
  readonly conduit: number;
  readonly x: readonly Value[];
  readonly expected: Expected;
}

const DENY_ALL = {
  SYSTEM_OFF: 'deny',
  SYSTEM_OFF2: 'deny',
  SYSTEM_RESET: 'deny',
  SYSTEM_RESET2: 'deny',
  SYSTEM_SUSPEND: 'deny',
} as const;

const NO_RETURN = ['CPU_OFF', 'CPU_FREEZE'];
const HOSTILE = 0xdead_beef_8765_4321n;
const TARGETS = [
  0n,
  1n,
  2n,
  3n,
  0x100n,
  0x8000_0000n,
  0x8000_0001n,
  0x100_0000n,
  0xff_0000_0000n,
  0x1_0000_0001n,
  1n << 40n,
  HOSTILE,
];
const BAD_ENTRIES = [
  0n,
  2n,
  0x0900_0000n,
  MEMORY.base + 2n,
  MEMORY.base + MEMORY.size,
  MEMORY.base + MEMORY.size - 2n,
  HOSTILE,
  (1n << 64n) - 4n,
];
const POWER_STATES = [
  0n,
  1n,
  0x11n,
  0x111n,
  0x3n,
  0x33n,
  2n,
  0x1234n,
  0x1_0000n,
  0x100_0000n,
  0x200_0000n,
  0x300_0000n,
  0x4000_0000n,
  0x4000_0003n,
  0x4000_0033n,
  0x4000_0001n,
  0x8000_0000n,
  0x2000_0000n,
  0x1000_0000n,
  0xc000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x101_0000n,
  0x102_0000n,
];

const STATISTICS = [0n, 1n, 0x3n, 0x11n, 0x111n, 0x4000_0000n, 0x4000_0003n, 0x4000_0033n, 0x4000_0333n, 0x8000_0000n];
/** No core of the guest can have slept longer. */
const LONGEST_US = 600_000_000n;

/** Valid, boundary and hostile arguments of a function. */
function argumentsOf(name: string): readonly (readonly Value[])[] {
  switch (name) {
    case 'CPU_SUSPEND':
      return [
        ...POWER_STATES.flatMap((state) => [[state, at(PLACE.resume), 0x77n]]),
        ...BAD_ENTRIES.flatMap((entry) => [0n, 0x4000_0000n, 0x1_0000n].map((state) => [state, entry, 1n])),
      ];
    case 'CPU_ON':
      return [
        ...TARGETS.filter((target) => target !== 2n && target !== 0x1_0000_0002n).map((target) => [
          target,
          at(PLACE.secondary),
          1n,
        ]),
        ...BAD_ENTRIES.flatMap((entry) => [0n, 2n, 9n].map((target) => [target, entry, 1n])),
      ];
    case 'AFFINITY_INFO':
      return TARGETS.flatMap((target) =>
        [0n, 1n, 2n, 3n, 4n, 0xffff_ffffn, 0x1_0000_0000n].map((level) => [target, level]),
      );
    case 'NODE_HW_STATE':
      return TARGETS.flatMap((target) => [0n, 1n, 2n, 3n, 0x1_0000_0000n].map((level) => [target, level]));
    case 'PSCI_FEATURES':
      return [
        ...Array.from({ length: 0x22 }, (_, number) => [
          [0x8400_0000n + BigInt(number)],
          [0xc400_0000n + BigInt(number)],
        ]).flat(),
        ...[0n, 0x8000_0000n, 0x8000_0001n, 0xc000_0000n, 0xffff_ffffn, 0x1_8400_0000n, IDS_0_1.on].map((id) => [id]),
      ];
    case 'CPU_DEFAULT_SUSPEND':
    case 'SYSTEM_SUSPEND':
      return [[at(PLACE.resume), 0x55n], ...BAD_ENTRIES.map((entry) => [entry, 1n])];
    case 'PSCI_SET_SUSPEND_MODE':
      return [0n, 1n, 2n, 0xffff_ffffn, 0x1_0000_0000n].map((mode) => [mode]);
    case 'PSCI_STAT_RESIDENCY':
    case 'PSCI_STAT_COUNT':
      return TARGETS.flatMap((target) => STATISTICS.map((state) => [target, state]));
    case 'SYSTEM_RESET2':
      return [0n, 1n, 2n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 0x1_0000_0000n].flatMap((type) => [
        [type, 0n],
        [type, HOSTILE],
      ]);
    case 'MEM_PROTECT':
      return [1n, 1n, 0n, 0n, 0xffff_ffffn, 0x1_0000_0000n].map((enable) => [enable]);
    case 'MEM_PROTECT_CHECK_RANGE':
      return [0n, MEMORY.base - 4n, MEMORY.base, MEMORY.base + 1n, MEMORY.base + MEMORY.size, HOSTILE].flatMap((base) =>
        [0n, 1n, MEMORY.size, MEMORY.size + 1n, 0xffff_ffffn, (1n << 64n) - 1n].map((length) => [base, length]),
      );
    case 'SYSTEM_OFF2':
      return [0n, 1n, 2n, 3n, 0x8000_0000n, 0x8000_0001n, 0x1_0000_0000n].flatMap((type) => [
        [type, 0n],
        [type, 1n],
        [type, 1n << 32n],
      ]);
    default:
      return [[], [HOSTILE, HOSTILE, HOSTILE]];
  }
}

const numbers = (x: readonly Value[]) =>
  // Where the guest's own code lies does not matter to a model that asks whether it is memory.
  x.map((value) => (typeof value === 'bigint' ? value : MEMORY.base + 0x1000n + value.plus));

/** The cases of one version, and the records that produce them. */
function casesOf(version: PsciVersion): { cases: Case[]; script: Script } {
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
  const expectNow = (x: readonly Value[], conduit: number) => {
    const id = cases.length + 1;
    script.add(OP.call, x, { id, conduit });
    cases.push({ id, conduit, x, expected: expectPsci(world, numbers(x), conduit >> 1) });
  };
  const add = (x: readonly Value[], conduit: number) => {
    const expected = expectPsci(world, numbers(x), conduit >> 1);
    // CPU_OFF and CPU_FREEZE do not come back; they have tests of their own.
    if (NO_RETURN.includes(expected.name) && conduit < 2) return;
    const id = cases.length + 1;
    if (/SUSPEND/.test(expected.name)) script.add(OP.timer, [0n, 1n]);
    script.add(OP.call, x, { id, conduit });
    cases.push({ id, conduit, x, expected });
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
      const id = cases.length + 1;
      script.add(OP.call, [off, HOSTILE], { id, conduit, cpu: 1, async: true });
      // 0.1 has no call to look with: that CPU 1 is off shows when it can be turned on.
      const isBlind = version === '0.1';
      if (isBlind) script.add(OP.waitResult, [cpuOn, 1n, at(PLACE.secondary), 1n, 0n]);
      else script.add(OP.waitPower, [1n, 1n]);
      cases.push({ id, conduit, x: [off, HOSTILE], expected: expectPsci(world, [off], 0) });
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

const report: { version: PsciVersion; function: string; cases: number; mismatches: number }[] = [];

function check(guest: ConformanceGuest, cases: readonly Case[]): string[] {
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
    if (TEST_ENGINE === 'kvm' && isAnsweredByKvm(given[0] ?? 0n)) {
      const allowed = expectOfKvm(given, one.conduit % 2 === 1, one.conduit >> 1);
      const isOfKvm = allowed.includes(result) && ((changed ?? 0n) & ~RESULT_REGISTERS) === 0n;
      return isOfKvm ? [] : [`${label}: KVM answers ${result}; changed 0x${changed?.toString(16)}`];
    }
    const isRight = changed === 0n && (isFigure || results.includes(result));
    return isRight ? [] : [`${label}: ${result}, expected ${results.join(' or ')}; changed 0x${changed?.toString(16)}`];
  });
}

test.each(VERSIONS)('every function of PSCI %s with valid, boundary and hostile arguments', async (version) => {
  const { cases, script } = casesOf(version);
  const guest = await ConformanceGuest.run(script, { psciVersion: version, policy: DENY_ALL });
  try {
    const mismatches = check(guest, cases);
    for (const name of new Set(cases.map((one) => one.expected.name))) {
      const own = cases.filter((one) => one.expected.name === name);
      const wrong = mismatches.filter((text) => text.split(' ')[1] === name.split(' ')[0]).length;
      report.push({ version, function: name, cases: own.length, mismatches: wrong });
    }
    expect(mismatches).toEqual([]);
    expect(cases.length).toBeGreaterThan(1000);
  } finally {
    await guest.close();
  }
});

afterAll(() => {
  const names = [...FUNCTIONS.map(([, name]) => name), 'SMCCC', 'no function'];
  const cell = (name: string, version: PsciVersion) => {
    const row = report.find((one) => one.function === name && one.version === version);
    return row ? `${row.cases}${row.mismatches ? ` (${row.mismatches} wrong)` : ''}` : '-';
  };
  const lines = names.map((name) =>
    [name.padEnd(26), ...VERSIONS.map((version) => cell(name, version).padStart(8))].join(''),
  );
  const total = report.reduce((sum, row) => sum + row.cases, 0);
  const wrong = report.reduce((sum, row) => sum + row.mismatches, 0);
  console.log(
    [
      `PSCI cases checked, by function and version: ${total}, mismatches: ${wrong}`,
      ''.padEnd(26) + VERSIONS.map((version) => version.padStart(8)).join(''),
      ...lines,
    ].join('\n'),
  );
});
