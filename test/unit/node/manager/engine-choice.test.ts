import { expect, test } from 'vitest';
import type { EngineInfo } from '../../../../src/common/contract/machine-types.ts';
import { chooseEngine } from '../../../../src/node/manager/engine-choice.ts';

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
