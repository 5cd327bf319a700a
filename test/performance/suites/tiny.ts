import path from 'node:path';
import { ROOT } from '../emulators.ts';
import { GuestSession } from '../guest-session.ts';
import { measureTree } from '../measure.ts';
import type { BenchContext } from './context.ts';

const TINY_GUEST = path.join(ROOT, 'resources/guests/tiny/tiny.Image');

export interface Speed {
  readonly emulator: string;
  /** Millions of guest instructions per CPU second of the whole process tree. */
  readonly mipsByCpu: number;
  /** The same by the guest's own clock. */
  readonly mipsByGuest: number;
}

async function openTiny(emulator: BenchContext['emulators'][number], cpus: number): Promise<GuestSession> {
  const session = new GuestSession(emulator, { kernel: TINY_GUEST, append: '', cpus });
  await session.waitFor(/tiny> /);
  return session;
}

/** A plain integer loop without memory: what the engine can do at best. */
export async function measureSpin({ options, newest, say }: BenchContext): Promise<Speed[]> {
  const millions = options.quick ? 200 : 500;
  const speeds: Speed[] = [];
  for (const emulator of newest) {
    const session = await openTiny(emulator, 1);
    try {
      let best: Speed = { emulator: emulator.name, mipsByCpu: 0, mipsByGuest: 0 };
      for (let round = 0; round < options.rounds; ++round) {
        const { cpu, result } = await measureTree(session.pid, async () => {
          session.send(`spin ${millions}\r`);
          return session.waitFor(/in \d+ ms, (\d+) MIPS/);
        });
        best = {
          emulator: emulator.name,
          mipsByCpu: Math.max(best.mipsByCpu, millions / cpu),
          mipsByGuest: Math.max(best.mipsByGuest, Number(result[1])),
        };
      }
      say(`spin, ${emulator.name}: ${Math.round(best.mipsByCpu)} MIPS`);
      speeds.push(best);
    } finally {
      await session.close('off\r');
    }
  }
  return speeds;
}

export interface Evenness {
  readonly emulator: string;
  /** Rounds of work that each vCPU did in the same time. */
  readonly rounds: readonly number[];
}

/** Four vCPUs that are all busy, on however many cores the host has: does each get its share? */
export async function measureEvenness({ options, newest, say }: BenchContext): Promise<Evenness[]> {
  const cpus = 4;
  const milliseconds = options.quick ? 2000 : 8000;
  const all: Evenness[] = [];
  for (const emulator of newest) {
    const session = await openTiny(emulator, cpus);
    try {
      session.send('smp\r');
      await session.waitFor(/smp: 4 of 4 CPUs online/);
      session.send(`race ${milliseconds}\r`);
      const rounds: number[] = [];
      for (let cpu = 0; cpu < cpus; ++cpu) {
        rounds.push(Number((await session.waitFor(new RegExp(`CPU ${cpu} did (\\d+) rounds`)))[1]));
      }
      say(`race, ${emulator.name}: ${rounds.join(' ')}`);
      all.push({ emulator: emulator.name, rounds });
    } finally {
      await session.close('off\r');
    }
  }
  return all;
}
