import { expect, test } from 'vitest';
import type { MachineFacts, Preflight } from '../../../../src/common/contract/machine-types.ts';
import { describePreflight, isPossible } from '../../../../src/common/vm/preflight.ts';

const saved: MachineFacts = {
  engine: 'kvm',
  cpuProfile: 'portable-v1',
  counterFrequencyHz: 24_000_000,
  psciVersion: '1.1',
  sdei: true,
  cpus: 2,
  memoryBytes: 2 ** 29,
};
const offered: MachineFacts = { ...saved, engine: 'emulator', cpus: 1, counterFrequencyHz: 0 };
const refused = {
  verdict: 'refused',
  subject: 'ID_AA64ISAR0_EL1',
  field: 'Atomic',
  saved: '2',
  offered: '0',
  reason: 'ID_AA64ISAR0_EL1.Atomic is 2, this machine offers 0',
} as const;
const adapted = {
  ...refused,
  verdict: 'adapted',
  subject: 'EVENT',
  field: '',
  reason: 'EVENT was not saved.',
} as const;

test('a preflight in words', () => {
  const preflight: Preflight = { saved, offered, findings: [refused, adapted] };
  expect(isPossible(preflight)).toBe(false);
  expect(describePreflight(preflight)).toEqual([
    'saved on     kvm, CPU profile portable-v1, 2 CPUs, 512 MiB, PSCI 1.1, counter 24 MHz',
    'restored on  emulator, CPU profile portable-v1, 1 CPU, 512 MiB, PSCI 1.1',
    'refused      ID_AA64ISAR0_EL1.Atomic is 2, this machine offers 0',
    'adapted      EVENT was not saved.',
    'It cannot be restored: 1 refused.',
  ]);
});

test('what is merely adapted is in nobody’s way', () => {
  const preflight: Preflight = { saved, offered, findings: [adapted] };
  expect(isPossible(preflight)).toBe(true);
  expect(describePreflight(preflight).at(-1)).toBe('It can be restored.');
});
