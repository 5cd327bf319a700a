import { at, MEMORY, PLACE, type Value } from './conformance-guest.ts';
import { IDS_0_1 } from './psci-model.ts';

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
/** Valid, boundary and hostile arguments of a function. */
export function argumentsOf(name: string): readonly (readonly Value[])[] {
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
