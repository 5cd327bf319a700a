import { expect, test } from 'vitest';
import type { MachineStats } from '../../../../src/common/contract/machine-types.ts';
import { metricsText } from '../../../../src/common/vm/metrics.ts';

const STATS: MachineStats = {
  engine: 'emulator',
  psciVersion: '1.3',
  instructionsRetired: 12,
  exits: {},
  vcpus: ['on', 'off'],
  counters: [
    { instructionsRetired: 12, codeBytes: 4096, 'calls.SYS': 3 },
    { instructionsRetired: 0, codeBytes: 128 },
  ],
  guestTimeNs: 2_500_000_000,
  resets: 0,
  lastReset: null,
};

test('samples name their VM and vCPU, whatever the VM is called', () => {
  const text = metricsText([{ name: 'a "b"\\\nc', stats: STATS }]);
  const vm = 'vm="a \\"b\\"\\\\\\nc"';
  expect(text.split('\n')).toEqual([
    '# HELP dormouse_guest_seconds_total time on the guest’s clock, which stands while it is paused',
    '# TYPE dormouse_guest_seconds_total counter',
    `dormouse_guest_seconds_total{${vm}} 2.5`,
    '# HELP dormouse_instructions_retired_total guest instructions that completed',
    '# TYPE dormouse_instructions_retired_total counter',
    `dormouse_instructions_retired_total{${vm},vcpu="0"} 12`,
    `dormouse_instructions_retired_total{${vm},vcpu="1"} 0`,
    '# HELP dormouse_code_bytes bytes of the code buffer in use',
    '# TYPE dormouse_code_bytes gauge',
    `dormouse_code_bytes{${vm},vcpu="0"} 4096`,
    `dormouse_code_bytes{${vm},vcpu="1"} 128`,
    '# HELP dormouse_function_calls_total instructions that translated code left to their function',
    '# TYPE dormouse_function_calls_total counter',
    `dormouse_function_calls_total{${vm},vcpu="0",function="SYS"} 3`,
    '',
  ]);
});

test('without a VM that runs there is nothing to tell', () => {
  expect(metricsText([])).toBe('\n');
});
