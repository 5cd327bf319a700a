import { setTimeout as sleep } from 'node:timers/promises';
import { fetchGuests } from '../../../src/node/images/fetch.ts';
import { GuestSession } from '../guest-session.ts';
import { measureTree } from '../measure.ts';
import type { BenchContext } from './context.ts';

export interface Idleness {
  readonly emulator: string;
  readonly cpus: number;
  /** Of one core of the host. */
  readonly percent: number;
  /** By kind, per second; only Dormouse tells. */
  readonly exitsPerSecond?: Readonly<Record<string, number>>;
  readonly instructionsPerSecond?: number;
}

const SETTLE_SECONDS = 5;

/** A Debian kernel with a shell that nobody types into. */
export async function measureIdle({ options, newest, say }: BenchContext): Promise<Idleness[]> {
  const seconds = options.quick ? 5 : 20;
  const { initramfs, kernels } = await fetchGuests(['6.12-cloud']);
  const all: Idleness[] = [];
  for (const emulator of newest)
    for (const cpus of [1, 4]) {
      const guest = { kernel: kernels[0]?.path ?? '', initrd: initramfs.path, append: 'console=ttyAMA0', cpus };
      const session = new GuestSession(emulator, guest);
      try {
        await session.waitFor(/guest:\S*# /);
        await sleep(SETTLE_SECONDS * 1000);
        const before = await session.stats();
        const { cpu, wall } = await measureTree(session.pid, () => sleep(seconds * 1000));
        const after = await session.stats();
        const percent = (100 * cpu) / wall;
        say(`idle, ${cpus} vCPUs, ${emulator.name}: ${percent.toFixed(2)} % of a core`);
        const exits = Object.entries(after?.exits ?? {}).map(
          ([kind, count]) => [kind, (count - (before?.exits[kind] ?? 0)) / wall] as const,
        );
        const instructions = (after?.instructionsRetired ?? 0) - (before?.instructionsRetired ?? 0);
        all.push({
          emulator: emulator.name,
          cpus,
          percent,
          ...(after && { exitsPerSecond: Object.fromEntries(exits), instructionsPerSecond: instructions / wall }),
        });
      } finally {
        await session.close('poweroff -f\r');
      }
    }
  return all;
}
