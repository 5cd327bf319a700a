import { setTimeout as sleep } from 'node:timers/promises';
import { fetchGuests } from '../../../src/node/images/fetch.ts';
import { GuestSession } from '../guest-session.ts';
import { type Memory, treeMemory } from '../process-memory.ts';
import type { BenchContext } from './context.ts';

const GUEST_MIB = 512;
const SETTLE_SECONDS = 3;

export interface Footprint {
  readonly emulator: string;
  readonly cpus: number;
  /** Of the guest's RAM, what the host has given it. MiB. */
  readonly guest: number;
  /** Resident beside the guest's RAM in the process that runs the guest; a page that is mapped twice counts twice. MiB. */
  readonly beside: number;
  /** The same with shared pages divided among those who share them. MiB. */
  readonly proportional: number;
  /** Proportional, of all processes of the emulator. MiB. */
  readonly allProcesses: number;
}

const MIB = 1 << 20;

function footprintOf(emulator: string, cpus: number, processes: readonly Memory[]): Footprint {
  const machine = processes.find(({ guestRss }) => guestRss > 0);
  if (machine === undefined) throw new Error(`${emulator} has no mapping of ${GUEST_MIB} MiB for the guest's RAM`);
  const proportional = (memory: Memory) => (memory.pss - memory.guestPss) / MIB;
  return {
    emulator,
    cpus,
    guest: machine.guestRss / MIB,
    beside: (machine.rss - machine.guestRss) / MIB,
    proportional: proportional(machine),
    allProcesses: processes.reduce((sum, memory) => sum + proportional(memory), 0),
  };
}

/** What an emulator takes beside the guest's RAM after the boot of a Debian kernel. */
export async function measureFootprint({ emulators, say }: BenchContext): Promise<Footprint[]> {
  const { initramfs, kernels } = await fetchGuests(['6.12-cloud']);
  const all: Footprint[] = [];
  for (const cpus of [1, 4])
    for (const emulator of emulators) {
      const files = {
        kernel: kernels[0]?.path ?? '',
        initrd: initramfs.path,
        append: 'console=ttyAMA0',
        cpus,
        memory: GUEST_MIB,
      };
      const session = new GuestSession(emulator, files);
      try {
        await session.waitFor(/guest:\S*# /);
        await sleep(SETTLE_SECONDS * 1000);
        const footprint = footprintOf(emulator.name, cpus, await treeMemory(session.pid, GUEST_MIB * MIB));
        say(`memory, ${cpus} vCPUs, ${emulator.name}: ${footprint.beside.toFixed(0)} MiB beside the guest's RAM`);
        all.push(footprint);
      } finally {
        await session.close('poweroff -f\r');
      }
    }
  return all;
}
