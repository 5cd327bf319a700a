import type { GuestSession } from '../guest-session.ts';
import { disagreement, median, type Row } from '../results.ts';
import { guestFor, openSession, type Place, release, runOnce, type Sample } from './benchmark-session.ts';
import type { BenchContext } from './context.ts';
import type { Program } from './programs.ts';

/** Runs programs, each in the guest it needs. */
export async function measurePrograms(context: BenchContext, programs: readonly Program[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const place of new Set(programs.map(({ guest }) => guest)))
    rows.push(...(await measureIn(place, context, programs)));
  return rows;
}

/**
 * Runs programs in one guest per emulator. All guests are there the whole time; they take turns, program by program, so
 * that a busy moment of the host meets each of them. A guest that waits for its turn sleeps. One that fails is replaced
 * by a fresh one.
 */
async function measureIn(place: Place, context: BenchContext, programs: readonly Program[]): Promise<Row[]> {
  const files = await guestFor(place);
  const sessions = new Map<string, GuestSession>();
  try {
    const boots = context.emulators.map((emulator) => openSession(emulator, files));
    // One that does not come up is tried again, and found at fault, at its first turn.
    for (const boot of await Promise.allSettled(boots))
      if (boot.status === 'fulfilled') sessions.set(boot.value.emulator.name, boot.value);
    const rows: Row[] = [];
    for (const program of programs.filter(({ guest }) => guest === place)) {
      const samples = new Map<string, Sample[]>();
      const faults: string[] = [];
      for (let round = 0; round < context.options.rounds; ++round)
        for (const emulator of context.emulators) {
          let session = sessions.get(emulator.name);
          try {
            session ??= await openSession(emulator, files);
            sessions.set(emulator.name, session);
            if (round === 0) await prepare(session, program);
            const sample = await runOnce(session, program);
            if (sample === undefined) continue;
            samples.set(emulator.name, [...(samples.get(emulator.name) ?? []), sample]);
            context.say(
              `${program.name}, ${emulator.name}: ${sample.cpu.toFixed(3)} CPU s, ${sample.wall.toFixed(3)} s`,
            );
          } catch (error) {
            faults.push((error as Error).message);
            sessions.delete(emulator.name);
            await session?.close();
          }
        }
      rows.push(rowOf(program, samples, faults));
    }
    return rows;
  } finally {
    await Promise.all([...sessions.values()].map((session) => session.close('off\n')));
  }
}

async function prepare(session: GuestSession, program: Program): Promise<void> {
  if (program.group === 'system') await release(session);
  // The first run of a Python program writes what later ones read.
  if (program.guest === 'debian') await runOnce(session, { ...program, count: 1 });
}

function rowOf({ name, group }: Program, samples: ReadonlyMap<string, Sample[]>, faults: readonly string[]): Row {
  const instructions = (samples.get('dormouse') ?? []).flatMap((sample) => sample.instructions ?? []);
  const checksums = [...samples].flatMap(([who, all]) =>
    all.map(({ checksum }, i) => [`${who} #${i + 1}`, checksum] as const),
  );
  const odd = samples.has('dormouse') ? disagreement(new Map(checksums)) : 'did not run under Dormouse';
  const fault = [...faults, ...(odd === undefined ? [] : [odd])].join('; ');
  return {
    name,
    group,
    costs: new Map([...samples].map(([who, all]) => [who, median(all)])),
    ...(instructions.length > 0 && { instructions: Math.min(...instructions) }),
    ...(fault !== '' && { fault }),
  };
}
