import type { PsciVersion } from '../../binding/index.js';

// What each PSCI version answers, written from Arm DEN 0022 F.b and DEN 0028 alone: independent of the table in
// binding/firmware/psci, which it is compared with through a guest.

export const VERSIONS: readonly PsciVersion[] = ['0.1', '0.2', '1.0', '1.1', '1.2', '1.3'];

export const CODE = {
  success: 0n,
  notSupported: -1n,
  invalidParameters: -2n,
  denied: -3n,
  alreadyOn: -4n,
  onPending: -5n,
  internalFailure: -6n,
  invalidAddress: -9n,
} as const;

/** Number, name, first version, has a 64-bit form. */
export const FUNCTIONS: readonly (readonly [number: number, name: string, since: PsciVersion, wide: boolean])[] = [
  [0x00, 'PSCI_VERSION', '0.2', false],
  [0x01, 'CPU_SUSPEND', '0.2', true],
  [0x02, 'CPU_OFF', '0.2', false],
  [0x03, 'CPU_ON', '0.2', true],
  [0x04, 'AFFINITY_INFO', '0.2', true],
  [0x05, 'MIGRATE', '0.2', true],
  [0x06, 'MIGRATE_INFO_TYPE', '0.2', false],
  [0x07, 'MIGRATE_INFO_UP_CPU', '0.2', true],
  [0x08, 'SYSTEM_OFF', '0.2', false],
  [0x09, 'SYSTEM_RESET', '0.2', false],
  [0x0a, 'PSCI_FEATURES', '1.0', false],
  [0x0b, 'CPU_FREEZE', '1.0', false],
  [0x0c, 'CPU_DEFAULT_SUSPEND', '1.0', true],
  [0x0d, 'NODE_HW_STATE', '1.0', true],
  [0x0e, 'SYSTEM_SUSPEND', '1.0', true],
  [0x0f, 'PSCI_SET_SUSPEND_MODE', '1.0', false],
  [0x10, 'PSCI_STAT_RESIDENCY', '1.0', true],
  [0x11, 'PSCI_STAT_COUNT', '1.0', true],
  [0x12, 'SYSTEM_RESET2', '1.1', true],
  [0x13, 'MEM_PROTECT', '1.1', false],
  [0x14, 'MEM_PROTECT_CHECK_RANGE', '1.1', true],
  [0x15, 'SYSTEM_OFF2', '1.3', true],
];

/** Names of the ids that a device tree gives a guest of version 0.1. */
export const IDS_0_1 = { suspend: 0x95c1_ba5en, off: 0x95c1_ba5fn, on: 0x95c1_ba60n, migrate: 0x95c1_ba61n } as const;

export interface World {
  readonly version: PsciVersion;
  /** By the number of the vCPU, whose affinity is the number. The first one calls. */
  power: readonly ('on' | 'off')[];
  readonly memory: { readonly base: bigint; readonly size: bigint };
  memoryProtected: boolean;
  /** How often the calling CPU has used its own states; the other CPUs have used none. */
  uses: { standby: bigint; powerDown: bigint };
}

export interface Expected {
  /** Results that are right; 'resumes': the core comes in at the entry it named. */
  readonly results: readonly (bigint | 'resumes' | 'figure')[];
  readonly name: string;
  readonly is32Bit: boolean;
}

const atLeast = (version: PsciVersion, since: PsciVersion) => VERSIONS.indexOf(version) >= VERSIONS.indexOf(since);
const word = (value: bigint) => BigInt.asUintN(32, value);

export function functionOf(version: PsciVersion, id: bigint): (typeof FUNCTIONS)[number] | undefined {
  if (version === '0.1') {
    const name = { [`${IDS_0_1.suspend}`]: 0x01, [`${IDS_0_1.off}`]: 0x02, [`${IDS_0_1.on}`]: 0x03 }[`${id}`];
    return FUNCTIONS.find(([number]) => number === name);
  }
  return FUNCTIONS.find(
    ([number, , since, wide]) =>
      atLeast(version, since) &&
      (id === 0x8400_0000n + BigInt(number) || (wide && id === 0xc400_0000n + BigInt(number))),
  );
}

/**
 * The calls of the Arm architecture's range: SMCCC 1.1 on a processor that needs no help of firmware against Spectre, so
 * that the calls which are there for it do nothing. [Arm DEN 0028, section 7]
 */
export const SMCCC = {
  version: 0x8000_0000n,
  archFeatures: 0x8000_0001n,
  workaround1: 0x8000_8000n,
  workaround2: 0x8000_7fffn,
  workaround3: 0x8000_3fffn,
} as const;
const ARCH_FEATURES = new Map<bigint, bigint>([
  [SMCCC.version, 0n],
  [SMCCC.archFeatures, 0n],
  [SMCCC.workaround1, 1n], // not affected
  [SMCCC.workaround2, -2n], // not required
  [SMCCC.workaround3, 1n],
]);

function architectureCall(id: bigint, asked: bigint): bigint | undefined {
  if (id === SMCCC.version) return 0x1_0001n;
  if (id === SMCCC.archFeatures) return ARCH_FEATURES.get(asked) ?? CODE.notSupported;
  return id === SMCCC.workaround1 || id === SMCCC.workaround3 ? 0n : undefined;
}

/**
 * `x` is x0 to x3 as the guest put them. System-wide calls are refused by the host. Where the document lets firmware
 * choose, this says what ours has chosen: a power-down always ends at the entry, also when the wake-up came before the
 * call; a use of a state counts from its beginning; a CPU that waits for an interrupt by itself is on.
 */
export function expectPsci(world: World, x: readonly bigint[], immediate: number): Expected {
  const { version } = world;
  const raw = word(x[0] ?? 0n);
  // The SVE hint changes nothing; 0.1 is older than it.
  const id = version === '0.1' ? raw : raw & 0xfffe_ffffn;
  const is32Bit = version === '0.1' ? false : (id & 0x4000_0000n) === 0n;
  const argument = (index: number) => (is32Bit ? word(x[index] ?? 0n) : BigInt.asUintN(64, x[index] ?? 0n));
  const known = functionOf(version, id);
  const name = known?.[1] ?? 'no function';
  const answer = (...results: (bigint | 'resumes' | 'figure')[]): Expected => ({ results, name, is32Bit });
  // Only a guest that can ask PSCI_FEATURES about SMCCC_VERSION may know of these.
  const architecture = atLeast(version, '1.0') ? architectureCall(id, word(x[1] ?? 0n)) : undefined;
  if (immediate === 0 && architecture !== undefined) return { results: [architecture], name: 'SMCCC', is32Bit };
  if (immediate !== 0 || !known) return answer(CODE.notSupported);
  // Table 1: in 0.2 an AArch64 caller has to use the 64-bit id where one exists.
  if (version === '0.2' && known[3] && is32Bit && !['MIGRATE', 'MIGRATE_INFO_UP_CPU'].includes(name))
    return answer(CODE.invalidParameters);

  const badAddress = atLeast(version, '1.0') ? CODE.invalidAddress : CODE.invalidParameters;
  const isEntry = (address: bigint) =>
    address % 4n === 0n && address >= world.memory.base && address + 4n <= world.memory.base + world.memory.size;
  const cpuOf = (target: bigint) => (target < BigInt(world.power.length) ? Number(target) : undefined);
  const extended = atLeast(version, '1.0');
  const powerState = (value: bigint): 'standby' | 'power-down' | undefined => {
    if (extended) {
      if (value & ~0x4fff_ffffn) return undefined;
      const isDown = (value & 0x4000_0000n) !== 0n;
      const offered = isDown ? [0n, 0x3n, 0x33n, 0x333n] : [0n, 0x1n, 0x11n, 0x111n];
      return offered.includes(value & 0x0fff_ffffn) ? (isDown ? 'power-down' : 'standby') : undefined;
    }
    if (value & ~0x0301_0000n || (value >> 24n) % 4n > 2n) return undefined;
    return value & 0x1_0000n ? 'power-down' : 'standby';
  };

  switch (name) {
    case 'PSCI_VERSION': {
      const [major = 0, minor = 0] = version.split('.').map(Number);
      return answer(BigInt(major * 0x1_0000 + minor));
    }
    case 'CPU_SUSPEND': {
      const state = powerState(word(x[1] ?? 0n));
      if (!state) return answer(CODE.invalidParameters);
      if (state === 'power-down' && !isEntry(argument(2))) return answer(badAddress);
      world.uses[state === 'standby' ? 'standby' : 'powerDown']++;
      return answer(state === 'standby' ? CODE.success : 'resumes');
    }
    case 'CPU_DEFAULT_SUSPEND':
      if (!isEntry(argument(1))) return answer(badAddress);
      world.uses.powerDown++;
      return answer('resumes');
    case 'CPU_ON': {
      const cpu = cpuOf(argument(1));
      if (cpu === undefined) return answer(CODE.invalidParameters);
      if (!isEntry(argument(2))) return answer(badAddress);
      if (world.power[cpu] === 'off') return answer(CODE.success);
      return answer(version === '0.1' ? CODE.invalidParameters : CODE.alreadyOn);
    }
    case 'AFFINITY_INFO': {
      const level = word(x[2] ?? 0n);
      const target = argument(1);
      if (level > 3n || target & ~0xff_00ff_ffffn) return answer(CODE.invalidParameters);
      const mask = [0xff_00ff_ffffn, 0xff_00ff_ff00n, 0xff_00ff_0000n, 0xff_0000_0000n][Number(level)] ?? 0n;
      const group = world.power.filter((_, cpu) => ((BigInt(cpu) ^ target) & mask) === 0n);
      if (group.length === 0) return answer(CODE.invalidParameters);
      return answer(group.includes('on') ? 0n : 1n);
    }
    case 'CPU_OFF':
    case 'CPU_FREEZE':
      return answer(); // does not return
    case 'MIGRATE':
    case 'MIGRATE_INFO_UP_CPU':
      return answer(CODE.notSupported);
    case 'MIGRATE_INFO_TYPE':
      return answer(2n);
    case 'SYSTEM_OFF':
    case 'SYSTEM_RESET':
      return answer(CODE.internalFailure);
    case 'PSCI_FEATURES': {
      const asked = word(x[1] ?? 0n);
      if (asked === 0x8000_0000n) return answer(0n);
      const about = functionOf(version, asked);
      if (!about || ['MIGRATE', 'MIGRATE_INFO_UP_CPU'].includes(about[1])) return answer(CODE.notSupported);
      // Extended StateID and OS-initiated mode; the bitmap of hibernate types.
      return answer(about[1] === 'CPU_SUSPEND' ? 3n : about[1] === 'SYSTEM_OFF2' ? 1n : 0n);
    }
    case 'NODE_HW_STATE': {
      const cpu = cpuOf(argument(1));
      const level = word(x[2] ?? 0n);
      if (cpu === undefined || level > 2n) return answer(CODE.invalidParameters);
      // The caller's cluster and the system run while it does.
      return answer(level === 0n && world.power[cpu] === 'off' ? 1n : 0n);
    }
    case 'SYSTEM_SUSPEND':
      if (!isEntry(argument(1))) return answer(CODE.invalidAddress);
      return answer(CODE.denied);
    case 'PSCI_SET_SUSPEND_MODE':
      if (word(x[1] ?? 0n) > 1n) return answer(CODE.invalidParameters);
      // The guest has used CPU_SUSPEND, or stays in the mode it has.
      return answer(word(x[1] ?? 0n) === 0n ? CODE.success : CODE.denied);
    case 'PSCI_STAT_RESIDENCY':
    case 'PSCI_STAT_COUNT': {
      const cpu = cpuOf(argument(1));
      const state = powerState(word(x[2] ?? 0n));
      // The highest level that the state names is meant: a cluster or the system whose callers run was never asleep.
      const isCore = (word(x[2] ?? 0n) & (extended ? 0xff0n : 0x0300_0000n)) === 0n;
      const uses = cpu === 0 && isCore && state ? world.uses[state === 'standby' ? 'standby' : 'powerDown'] : 0n;
      // How long depends on how soon the wake-up came; never used is never long.
      return answer(name === 'PSCI_STAT_RESIDENCY' && uses > 0n ? 'figure' : uses);
    }
    case 'SYSTEM_RESET2': {
      const type = word(x[1] ?? 0n);
      return answer(type === 0n || type >= 0x8000_0000n ? CODE.internalFailure : CODE.invalidParameters);
    }
    case 'MEM_PROTECT': {
      const before = world.memoryProtected ? 1n : 0n;
      world.memoryProtected = word(x[1] ?? 0n) !== 0n;
      return answer(before);
    }
    case 'MEM_PROTECT_CHECK_RANGE': {
      const [base, length] = [argument(1), argument(2)];
      const end = world.memory.base + world.memory.size;
      const inside = length > 0n && base >= world.memory.base && base + length <= end;
      return answer(inside ? CODE.success : CODE.denied);
    }
    case 'SYSTEM_OFF2':
      return answer(word(x[1] ?? 0n) <= 1n && argument(2) === 0n ? CODE.internalFailure : CODE.invalidParameters);
    default:
      throw new Error(`no expectation for ${name}`);
  }
}
