import { counterFigures, countersSince, sumCounters, type Counters } from '../../../src/common/vm/counters.ts';
import type { GuestSession } from '../guest-session.ts';
import { medianOf } from '../results.ts';
import { guestFor, openSession, runOnce } from './benchmark-session.ts';
import type { BenchContext } from './context.ts';
import { TOOLS } from './programs.ts';

/** What the translator of Dormouse costs; a peer does not tell. */
export interface Translation {
  readonly what: string;
  /** CPU nanoseconds for each guest instruction that was translated. */
  readonly ns: number;
  readonly instructions: number;
  readonly blocks: number;
}

async function countersOf(session: GuestSession): Promise<Counters> {
  return sumCounters((await session.stats())?.counters ?? []);
}

function translationOf(what: string, counters: Counters): Translation {
  const { translationNsPerInstruction: ns } = counterFigures(counters, 0);
  if (ns === undefined) throw new Error(`${what}: nothing was translated`);
  return {
    what,
    ns,
    instructions: counters['instructionsTranslated'] ?? 0,
    blocks: counters['blocksTranslated'] ?? 0,
  };
}

/** The round in the middle by its cost. */
function middleOf(rounds: readonly Translation[]): Translation[] {
  const ns = medianOf(rounds.map((round) => round.ns));
  return rounds.slice(0, 1).map((first) => ({ ...first, ns }));
}

/** A boot, and a compiler that has not run before: both execute much code a few times. */
export async function measureTranslation({ options, emulators, say }: BenchContext): Promise<Translation[]> {
  const ours = emulators.find(({ name }) => name === 'dormouse');
  const compile = TOOLS.find(({ name }) => name === 'compile-cold');
  if (options.jit === 'off' || ours === undefined || compile === undefined) return [];
  const files = await guestFor('debian');
  const boots: Translation[] = [];
  const compilations: Translation[] = [];
  for (let round = 0; round < options.rounds; ++round) {
    const session = await openSession(ours, files);
    try {
      const booted = await countersOf(session);
      if ((await runOnce(session, compile)) === undefined) throw new Error(`${compile.name} did not run`);
      const compiled = countersSince(await countersOf(session), booted);
      boots.push(translationOf('boot of Debian 6.12', booted));
      compilations.push(translationOf(`${compile.name}: ${compile.what}`, compiled));
    } finally {
      await session.close('off\n');
    }
    for (const { what, ns } of [...boots.slice(-1), ...compilations.slice(-1)])
      say(`translation, ${what}: ${ns.toFixed(0)} ns an instruction`);
  }
  return [...middleOf(boots), ...middleOf(compilations)];
}
