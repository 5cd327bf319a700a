import { expect, test } from 'vitest';
import type { EngineInfo } from '../../../../src/common/contract/machine-types.ts';
import { chooseEngine, describeChoice } from '../../../../src/common/vm/engine-choice.ts';

const emulator: EngineInfo = { name: 'emulator', available: true, reason: '' };
const kvm: EngineInfo = { name: 'kvm', available: true, reason: '' };
const noKvm: EngineInfo = { name: 'kvm', available: false, reason: 'There is no /dev/kvm' };

test('auto takes KVM when it works', () => {
  expect(chooseEngine('auto', [emulator, kvm]).engine).toBe('kvm');
});

test('auto takes the emulator otherwise and says why', () => {
  expect(chooseEngine('auto', [emulator, noKvm])).toEqual({
    engine: 'emulator',
    reason: 'Emulated, because KVM is not available: There is no /dev/kvm',
  });
});

test('an engine asked for by name is never replaced', () => {
  expect(() => chooseEngine('kvm', [emulator, noKvm])).toThrow('There is no /dev/kvm');
  expect(chooseEngine('emulator', [emulator, kvm]).engine).toBe('emulator');
});

test('an engine that this build knows nothing of is not there', () => {
  expect(chooseEngine('auto', [emulator]).reason).toContain('not in this build');
  expect(() => chooseEngine('kvm', [emulator])).toThrow('Engine kvm is not available: it is not in this build');
});

test('a person reads one sentence, also when the wish cannot be granted', () => {
  expect(describeChoice('auto', [emulator, kvm])).toBe('kvm: KVM works on this computer');
  expect(describeChoice('auto', [emulator, noKvm])).toBe(
    'emulator: Emulated, because KVM is not available: There is no /dev/kvm',
  );
  expect(describeChoice('emulator', [emulator, kvm])).toBe('emulator: The engine emulator was asked for');
  expect(describeChoice('kvm', [emulator, noKvm])).toBe('Engine kvm is not available: There is no /dev/kvm');
});
