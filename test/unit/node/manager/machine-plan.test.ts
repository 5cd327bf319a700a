import { expect, test } from 'vitest';
import { policySchema } from '../../../../src/common/config/firmware-config.ts';
import type { HostInfo } from '../../../../src/common/contract/machine-types.ts';
import { planMachine, type MachineWish } from '../../../../src/node/manager/machine-plan.ts';
import { engineInfo } from '../../../helpers/fake-vmhost.ts';

const host: HostInfo = {
  version: '0.1.0',
  platform: 'test',
  cpus: 2,
  memoryBytes: 24 * 2 ** 30,
  maxCpus: 635,
  pageSize: 16384,
  engines: [engineInfo('emulator')],
  jit: { available: true, reason: '' },
};
const wish: MachineWish = {
  kernel: '/boot/Image',
  commandLine: '',
  cpus: 4,
  memoryBytes: 2 ** 30,
  engine: 'auto',
  jit: 'on',
  psciVersion: '1.1',
  cpuProfile: 'portable-v1',
  counterFrequencyHz: 24_000_000,
  idleStates: 'standby',
  policy: policySchema.parse({ calls: { SYSTEM_RESET: 'ask' }, unanswered: 'deny', timeoutMs: 500 }),
  sdei: { enabled: true, events: [0x40000001] },
};

test('a wish that fits becomes what the addon takes', () => {
  expect(planMachine(wish, host, 'stop')).toEqual({
    ...wish,
    engine: 'emulator',
    onReset: 'stop',
    policy: { ...wish.policy.calls, SYSTEM_OFF: 'allow', SYSTEM_RESET: 'ask' },
    policyDefault: 'deny',
    policyTimeoutMs: 500,
    sdei: true,
    sdeiEvents: [0x40000001],
  });
});

test('the JIT is the choice of the addon unless somebody has chosen', () => {
  expect(planMachine({ ...wish, jit: 'auto' }, host, 'stop')).not.toHaveProperty('jit');
  expect(planMachine({ ...wish, jit: 'off' }, host, 'stop').jit).toBe('off');
});

test('more CPUs than the board has room for are refused with both figures', () => {
  expect(() => planMachine({ ...wish, cpus: 1000 }, host, 'reboot')).toThrow('1000 CPUs are more than the 635');
});

test('more memory than the host has is refused with both figures', () => {
  expect(() => planMachine({ ...wish, memoryBytes: 10 * 2 ** 40 }, host, 'reboot')).toThrow(
    '10 TiB of memory is more than the 24 GiB that this computer has',
  );
});
