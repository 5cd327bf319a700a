import { expect, test } from 'vitest';
import type { EngineInfo } from '../../../../src/common/contract/machine-types.ts';
import { chooseEngine, describeChoice, type EngineNeeds } from '../../../../src/common/vm/engine-choice.ts';
import { engineInfo as engine } from '../../../helpers/fake-vmhost.ts';

const TIB = 2 ** 40;

const noSdei = { setting: 'sdei', value: 'true', reason: 'sdei is on: there is none' } as const;
const no1_3 = { setting: 'psciVersion', value: '1.3', reason: 'psciVersion is 1.3: up to 1.1' } as const;
const noPortable = { setting: 'cpuProfile', value: 'portable-v1', reason: 'FP is 1, not 0' } as const;
const noHost = { setting: 'cpuProfile', value: 'host', reason: 'cpuProfile is "host"' } as const;

const emulator = engine('emulator', { refusals: [noHost] });
const kvm = engine('kvm', { refusals: [noPortable] });
/** Before Linux 6.4. */
const oldKvm = engine('kvm', { refusals: [noSdei, no1_3, noPortable], maxCpus: 4 });
const ticking = engine('kvm', { counterFrequencyHz: 25_000_000 });
const noKvm = engine('kvm', { available: false, reason: 'There is no /dev/kvm', maxCpus: 0, maxMemoryBytes: 0 });

const modest: EngineNeeds = {
  engine: 'auto',
  cpuProfile: 'native',
  psciVersion: '1.1',
  sdei: { enabled: false },
  cpus: 2,
  memoryBytes: 2 ** 29,
};
const usual: EngineNeeds = { ...modest, psciVersion: '1.3', sdei: { enabled: true } };

const KVM_WORKS = 'KVM works on this computer';
const CANNOT = 'Emulated, because KVM cannot run this VM here';
const SLEPT_KVM = 'The guest was put to sleep on KVM and wakes there';
const SLEPT_EMULATOR = 'The guest was put to sleep on the emulator and wakes there';

test.each<[string, EngineNeeds, EngineInfo, EngineInfo['name'], string]>([
  ['KVM that can', usual, kvm, 'kvm', KVM_WORKS],
  ['no KVM', usual, noKvm, 'emulator', 'Emulated, because KVM is not available: There is no /dev/kvm'],
  ['old KVM, and SDEI is on', usual, oldKvm, 'emulator', `${CANNOT}: ${noSdei.reason}`],
  [
    'old KVM, and PSCI is new',
    { ...usual, sdei: { enabled: false } },
    oldKvm,
    'emulator',
    `${CANNOT}: ${no1_3.reason}`,
  ],
  ['old KVM, and the VM asks for little', modest, oldKvm, 'kvm', KVM_WORKS],
  [
    'a profile it cannot present',
    { ...usual, cpuProfile: 'portable-v1' },
    kvm,
    'emulator',
    `${CANNOT}: FP is 1, not 0`,
  ],
  ['a profile that KVM alone has', { ...usual, cpuProfile: 'host' }, kvm, 'kvm', KVM_WORKS],
  ['too many CPUs', { ...modest, cpus: 5 }, oldKvm, 'emulator', `${CANNOT}: it has 5 CPUs, and at most 4 work`],
  ['the frequency that it has', { ...usual, counterFrequencyHz: 25_000_000 }, ticking, 'kvm', KVM_WORKS],
  [
    'another frequency',
    { ...usual, counterFrequencyHz: 24_000_000 },
    ticking,
    'emulator',
    `${CANNOT}: its counter is to count at 24000000 Hz, and counts at 25000000 Hz here`,
  ],
  [
    'too much memory',
    { ...modest, memoryBytes: 2 * TIB },
    kvm,
    'emulator',
    `${CANNOT}: it has 2 TiB of memory, and addresses reach for 1 TiB`,
  ],
  ['a guest that sleeps on KVM', { ...usual, sleptOn: 'kvm' }, kvm, 'kvm', SLEPT_KVM],
  ['a guest that sleeps on the emulator', { ...usual, sleptOn: 'emulator' }, kvm, 'emulator', SLEPT_EMULATOR],
  [
    'a guest that sleeps on KVM, which is gone, with a processor that both have',
    { ...usual, cpuProfile: 'portable-v1', sleptOn: 'kvm' },
    noKvm,
    'emulator',
    'Emulated, because KVM is not available: There is no /dev/kvm',
  ],
])('auto: %s', (_, needs, found, chosen, reason) => {
  const host = needs.memoryBytes > TIB ? engine('emulator', { maxMemoryBytes: 4 * TIB }) : emulator;
  expect(chooseEngine(needs, [host, found])).toEqual({ engine: chosen, reason });
});

test('auto never moves a sleeping guest to another processor', () => {
  expect(() => chooseEngine({ ...usual, sleptOn: 'kvm' }, [emulator, noKvm])).toThrow(
    'The guest was put to sleep on KVM, but KVM is not available: There is no /dev/kvm; to wake it on another processor all the same, choose the engine by name',
  );
  expect(chooseEngine({ ...usual, sleptOn: 'kvm', engine: 'emulator' }, [emulator, noKvm]).engine).toBe('emulator');
});

test('auto says of each engine why not, when there is none', () => {
  expect(() => chooseEngine({ ...usual, cpuProfile: 'host' }, [emulator, noKvm])).toThrow(
    'KVM is not available: There is no /dev/kvm; and the emulator cannot run this VM here: cpuProfile is "host"',
  );
});

test('an engine asked for by name is never replaced', () => {
  const wish = { ...usual, engine: 'kvm' } as const;
  expect(() => chooseEngine(wish, [emulator, noKvm])).toThrow('There is no /dev/kvm');
  expect(() => chooseEngine(wish, [emulator, oldKvm])).toThrow('KVM cannot run this VM here: sdei is on');
  expect(chooseEngine(wish, [emulator, kvm]).engine).toBe('kvm');
  expect(chooseEngine({ ...usual, engine: 'emulator' }, [emulator, kvm]).engine).toBe('emulator');
});

test('an engine that this build knows nothing of is not there', () => {
  expect(chooseEngine(usual, [emulator]).reason).toContain('not in this build');
  expect(() => chooseEngine({ ...usual, engine: 'kvm' }, [emulator])).toThrow(
    'KVM is not available: it is not in this build',
  );
});

test('a person reads one sentence, also when the wish cannot be granted', () => {
  expect(describeChoice(usual, [emulator, kvm])).toBe('kvm: KVM works on this computer');
  expect(describeChoice(usual, [emulator, noKvm])).toBe(
    'emulator: Emulated, because KVM is not available: There is no /dev/kvm',
  );
  expect(describeChoice({ ...usual, engine: 'emulator' }, [emulator, kvm])).toBe(
    'emulator: The engine emulator was asked for',
  );
  expect(describeChoice({ ...usual, engine: 'kvm' }, [emulator, noKvm])).toBe(
    'KVM is not available: There is no /dev/kvm',
  );
});
