import { setTimeout as sleep } from 'node:timers/promises';
import { fetchKernel } from '../../../src/node/images/kernel.ts';
import { buildBenchmarkInitramfs } from '../benchmark-guest.ts';
import { GuestSession } from '../guest-session.ts';
import { type Cost, measureTree } from '../measure.ts';
import { disagreement, type Row, median } from '../results.ts';
import type { BenchContext } from './context.ts';
import type { Program } from './programs.ts';

const KERNEL = '6.12-cloud';
const SETTLE_SECONDS = 3;

interface Sample extends Cost {
  readonly checksum: string;
  readonly instructions?: number;
}

/**
 * Runs programs in one guest per emulator. All guests are there the whole time; they take turns, program by program, so
 * that a busy moment of the host meets each of them. A guest that waits for its turn sleeps.
 */
export async function measurePrograms(context: BenchContext, programs: readonly Program[]): Promise<Row[]> {
  const { options, emulators, say } = context;
  if (programs.length === 0) return [];
  const [kernel, initrd] = [await fetchKernel(KERNEL), await buildBenchmarkInitramfs()];
  const guest = { kernel: kernel.path, initrd, append: 'console=ttyAMA0 quiet', cpus: 1 };
  const sessions = emulators.map((emulator) => new GuestSession(emulator, guest));
  try {
    for (const session of sessions) await session.waitFor(/BENCHMARK-READY/);
    // A kernel that has just booted still has things to do, and must not do them inside the first measurement.
    await sleep(SETTLE_SECONDS * 1000);
    const rows: Row[] = [];
    for (const program of programs) {
      if (program.group === 'system') for (const session of sessions) await release(session);
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

/** @returns undefined when the guest says that its CPU cannot run this. */
async function runOnce(session: GuestSession, { name, count }: Program): Promise<Sample | undefined> {
  const before = await session.stats();
  const { cpu, result } = await measureTree(session.pid, async () => {
    session.send(`run ${name} ${count}\n`);
    return session.waitFor(/(?:done \S+ \d+ (\d+) (\w{16})|cannot \S+)\r?\n/, 300);
  });
  const [, nanoseconds, checksum] = result;
  if (nanoseconds === undefined || checksum === undefined) return undefined;
  const after = await session.stats();
  // Wall time is what the guest's own clock says: the way to the console and back is not in it.
  const sample = { cpu, wall: Number(nanoseconds) / 1e9, checksum };
  if (before === undefined || after === undefined) return sample;
  return { ...sample, instructions: after.instructionsRetired - before.instructionsRetired };
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
