import { setTimeout as sleep } from 'node:timers/promises';
import { fetchKernel } from '../../../src/node/images/kernel.ts';
import { buildBenchmarkInitramfs } from '../benchmark-guest.ts';
import type { GuestFiles } from '../emulators.ts';
import { GuestSession } from '../guest-session.ts';
import { type Cost, measureTree } from '../measure.ts';
import { disagreement, type Row, median } from '../results.ts';
import type { BenchContext } from './context.ts';
import type { Program } from './programs.ts';

const KERNEL = '6.12-cloud';
const SETTLE_SECONDS = 3;
/** A program that works for a time says how many blocks it did; its cost is then that of so many. */
const UNITS = 10_000;

interface Sample extends Cost {
  readonly checksum: string;
  readonly instructions?: number;
}

type Place = Program['guest'];

async function guestFor(place: Place): Promise<GuestFiles> {
  const kernel = (await fetchKernel(KERNEL)).path;
  const append = 'console=ttyAMA0 quiet';
  switch (place) {
    case 'debian':
      return { kernel, initrd: await buildBenchmarkInitramfs('debian'), append, cpus: 1, memory: 1024 };
    case 'two CPUs':
      return { kernel, initrd: await buildBenchmarkInitramfs('plain'), append, cpus: 2 };
    case undefined:
      return { kernel, initrd: await buildBenchmarkInitramfs('plain'), append, cpus: 1 };
  }
}

/** Runs programs, each in the guest it needs. */
export async function measurePrograms(context: BenchContext, programs: readonly Program[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const place of new Set(programs.map(({ guest }) => guest)))
    rows.push(...(await measureIn(place, context, programs)));
  return rows;
}

/**
 * Runs programs in one guest per emulator. All guests are there the whole time; they take turns, program by program, so
 * that a busy moment of the host meets each of them. A guest that waits for its turn sleeps.
 */
async function measureIn(place: Place, context: BenchContext, programs: readonly Program[]): Promise<Row[]> {
  const { options, emulators, say } = context;
  const guest = await guestFor(place);
  const sessions = emulators.map((emulator) => new GuestSession(emulator, guest));
  try {
    for (const session of sessions) await session.waitFor(/BENCHMARK-READY/, 300);
    // A kernel that has just booted still has things to do, and must not do them inside the first measurement.
    await sleep(SETTLE_SECONDS * 1000);
    const rows: Row[] = [];
    for (const program of programs.filter(({ guest }) => guest === place)) {
      if (program.group === 'system') for (const session of sessions) await release(session);
      // The first run of a Python program writes what later ones read.
      if (place === 'debian') for (const session of sessions) await runOnce(session, { ...program, count: 1 });
      const samples = new Map<string, Sample[]>();
      for (let round = 0; round < options.rounds; ++round)
        for (const session of sessions) {
          const sample = await runOnce(session, program);
          if (sample === undefined) continue;
          const { name } = session.emulator;
          samples.set(name, [...(samples.get(name) ?? []), sample]);
          say(`${program.name}, ${name}: ${sample.cpu.toFixed(3)} CPU s, ${sample.wall.toFixed(3)} s`);
        }
      rows.push(rowOf(program, samples));
    }
    return rows;
  } finally {
    await Promise.all(sessions.map((session) => session.close('off\n')));
  }
}

async function release(session: GuestSession): Promise<void> {
  session.send('release\n');
  await session.waitFor(/released\r?\n/);
}

/**
 * @returns undefined when the guest says that its CPU cannot run this.
 * @throws Error when the program failed, or does not end.
 */
async function runOnce(session: GuestSession, { name, count }: Program): Promise<Sample | undefined> {
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

function rowOf({ name, group }: Program, samples: ReadonlyMap<string, readonly Sample[]>): Row {
  const instructions = (samples.get('dormouse') ?? []).flatMap((sample) => sample.instructions ?? []);
  const checksums = [...samples].flatMap(([who, all]) => all.map(({ checksum }, i) => [`${who} #${i + 1}`, checksum]));
  const fault = samples.has('dormouse')
    ? disagreement(new Map(checksums as [string, string][]))
    : 'did not run under Dormouse';
  return {
    name,
    group,
    costs: new Map([...samples].map(([who, all]) => [who, median(all)])),
    ...(instructions.length > 0 && { instructions: Math.min(...instructions) }),
    ...(fault !== undefined && { fault }),
  };
}
