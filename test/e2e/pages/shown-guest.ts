import type { MachineStats } from '../../../src/common/contract/machine-types.ts';
import type { FirmwareCall } from '../../../src/common/firmware/trace.ts';
import { COUNTERS } from '../../../src/common/vm/counters.ts';
import { openTab, startBrowser } from '../../helpers/browser.ts';
import { startFakeServer } from '../../helpers/fake-server.ts';
import { AppPage } from './app-page.ts';

export function call(sequence: number, vcpu: number, functionName: string, result: string | null): FirmwareCall {
  const argument = { name: 'target_cpu', value: `0x${sequence.toString(16)}` };
  return { sequence, timeNs: 1_000_000_007 * sequence, vcpu, functionName, arguments: [argument], result };
}

export const TRACE: readonly FirmwareCall[] = [
  call(0, 0, 'PSCI_VERSION', 'PSCI 1.3'),
  call(1, 0, 'CPU_ON', 'SUCCESS'),
  call(2, 0, 'CPU_ON', 'ALREADY_ON'),
  call(3, 1, 'CPU_OFF', null),
];

/** A boot with four CPUs: a burst of calls, then suspends, some refused. */
export function bootTrace(): FirmwareCall[] {
  const calls: FirmwareCall[] = [];
  const add = (timeNs: number, vcpu: number, functionName: string, result: string | null, args: [string, string][]) =>
    calls.push({
      sequence: calls.length,
      timeNs,
      vcpu,
      functionName,
      arguments: args.map(([name, value]) => ({ name, value })),
      result,
    });
  add(2e6, 0, 'PSCI_VERSION', 'PSCI 1.3', []);
  add(2.1e6, 0, 'PSCI_FEATURES', 'NOT_SUPPORTED', [['psci_func_id', '0xc400000e']]);
  add(2.2e6, 0, 'SMCCC_VERSION', 'SMCCC 1.1', []);
  for (let cpu = 1; cpu < 4; cpu++)
    add(4e7 * cpu, 0, 'CPU_ON', 'SUCCESS', [
      ['target_cpu', `0x${cpu}`],
      ['entry_point_address', '0x0000000041c81ae8'],
      ['context_id', '0xffff800081f2a0c8'],
    ]);
  for (let i = 0; i < 60; i++)
    add(2e8 + i * 2.3e7, i % 4, 'CPU_SUSPEND', i % 7 === 3 ? 'DENIED' : 'SUCCESS', [
      ['power_state', '0x00000000'],
      ['entry_point_address', '0x0000000041c81ae8'],
      ['context_id', '0x0000000000000000'],
    ]);
  add(1.7e9, 3, 'CPU_OFF', null, []);
  return calls;
}

/** Figures of an engine with two vCPUs that has counted everything there is. */
export function countedStats(): MachineStats {
  const counted = (factor: number) => ({
    ...Object.fromEntries(Object.keys(COUNTERS).map((name, index) => [name, (index + 1) * factor])),
    'calls.LDXR': 12 * factor,
    'calls.SYS': 34 * factor,
  });
  return {
    engine: 'emulator',
    psciVersion: '1.3',
    instructionsRetired: 1001,
    exits: {},
    vcpus: ['on', 'on'],
    counters: [counted(1000), counted(1)],
    guestTimeNs: 2e9,
    resets: 0,
    lastReset: null,
  };
}

/** A VM with two CPUs that a test plays, running and shown in a tab. */
export async function shownGuest(trace: readonly FirmwareCall[] = TRACE) {
  const { manager, starter, address } = await startFakeServer();
  const { id } = await manager.createVm({
    name: 'sleepy',
    kernel: '/boot/Image',
    cpus: 2,
    sdei: { events: [0x40000001] },
  });
  await manager.startVm(id);
  starter.last.trace = [...trace];
  const browser = await startBrowser();
  const tab = await openTab(browser, address);
  return { manager, starter, id, address, browser, tab, app: new AppPage(tab) };
}
