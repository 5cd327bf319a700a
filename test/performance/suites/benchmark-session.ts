import { setTimeout as sleep } from 'node:timers/promises';
import { fetchKernel } from '../../../src/node/images/kernel.ts';
import { buildBenchmarkInitramfs } from '../benchmark-guest.ts';
import type { Emulator, GuestFiles } from '../emulators.ts';
import { GuestSession } from '../guest-session.ts';
import { type Cost, measureTree } from '../measure.ts';
import type { Program } from './programs.ts';

const KERNEL = '6.12-cloud';
const SETTLE_SECONDS = 3;
/** A program that works for a time says how many blocks it did; its cost is then that of so many. */
const UNITS = 10_000;

export interface Sample extends Cost {
  readonly checksum: string;
  readonly instructions?: number;
}

export type Place = Program['guest'];

export async function guestFor(place: Place): Promise<GuestFiles> {
  const kernel = (await fetchKernel(KERNEL)).path;
  const append = 'console=ttyAMA0 quiet';
  switch (place) {
    case 'debian':
      return { kernel, initrd: await buildBenchmarkInitramfs('debian'), append, cpus: 1 };
    case 'two CPUs':
      return { kernel, initrd: await buildBenchmarkInitramfs('plain'), append, cpus: 2 };
    case undefined:
      return { kernel, initrd: await buildBenchmarkInitramfs('plain'), append, cpus: 1 };
  }
}

/** Boots the benchmark guest and waits until it obeys. */
export async function openSession(emulator: Emulator, files: GuestFiles): Promise<GuestSession> {
  const session = new GuestSession(emulator, files);
  try {
    await session.waitFor(/BENCHMARK-READY/, 300);
  } catch (error) {
    await session.close();
    throw error;
  }
  // A kernel that has just booted still has things to do, and must not do them inside the first measurement.
  await sleep(SETTLE_SECONDS * 1000);
  return session;
}

export async function release(session: GuestSession): Promise<void> {
  session.send('release\n');
  await session.waitFor(/released\r?\n/);
}

/**
 * @returns undefined when the guest says that its CPU cannot run this.
 * @throws Error when the program failed, or does not end.
 */
export async function runOnce(session: GuestSession, { name, count }: Program): Promise<Sample | undefined> {
  const before = await session.stats();
  const { cpu, result } = await measureTree(session.pid, async () => {
    session.send(`run ${name} ${count}\n`);
    return session.waitFor(/(?:done \S+ (\d+) (\d+) (\w{16})|(cannot|failed) \S+)\r?\n/, 300);
  });
  const [, done, nanoseconds, checksum, failure] = result;
  if (failure === 'failed') throw new Error(`${name} failed under ${session.emulator.name}:\n${session.recentOutput}`);
  if (nanoseconds === undefined || checksum === undefined) return undefined;
  const after = await session.stats();
  // Wall time is what the guest's own clock says: the way to the console and back is not in it.
  const part = done === String(count) ? 1 : UNITS / Number(done);
  const sample = { cpu: cpu * part, wall: (Number(nanoseconds) / 1e9) * part, checksum };
  if (before === undefined || after === undefined) return sample;
  return { ...sample, instructions: (after.instructionsRetired - before.instructionsRetired) * part };
}
