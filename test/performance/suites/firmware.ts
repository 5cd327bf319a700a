import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { at, OP, PLACE, Script } from '../../helpers/conformance-guest.ts';
import { sdeiId } from '../../helpers/sdei-model.ts';
import { type Emulator, instructionsOf, ROOT } from '../emulators.ts';
import { timeCommand } from '../measure.ts';
import type { BenchContext } from './context.ts';

const KERNEL = path.join(ROOT, 'resources/guests/conformance/conformance.Image');
const PSCI_VERSION = 0x8400_0000n;
const SYSTEM_OFF = 0x8400_0008n;
const [CALLS, SIGNALS] = [1, 2];

/** What a firmware call costs, by the guest's own clock: the least of the rounds. */
export interface FirmwareCost {
  readonly emulator: string;
  /** PSCI_VERSION from before the HVC to behind it, in nanoseconds. */
  readonly psciNs: number;
  /** EVENT_SIGNAL of a CPU to itself, from before the call to the first instruction of the handler. A peer has no SDEI. */
  readonly signalNs?: number;
  /** Guest instructions of a PSCI_VERSION, and of a signal with its handler. Only Dormouse tells. */
  readonly psciInstructions?: number;
  readonly signalInstructions?: number;
}

/** Counts of a loop; the guest does nothing else, so that two runs differ by their counts alone. */
interface Counts {
  readonly calls: number;
  readonly signals: number;
}

function scriptOf({ calls, signals }: Counts): Script {
  const script = new Script().add(OP.measure, [PSCI_VERSION, BigInt(calls)], { id: CALLS });
  if (signals > 0)
    script
      .add(OP.call, [sdeiId('EVENT_REGISTER'), 0n, at(PLACE.autoHandler), 0n, 0n, 0n])
      .add(OP.call, [sdeiId('EVENT_ENABLE'), 0n])
      .add(OP.call, [sdeiId('PE_UNMASK')])
      .add(OP.latency, [0n, BigInt(signals)], { id: SIGNALS });
  return script.add(OP.call, [SYSTEM_OFF]);
}

interface Measured {
  /** Nanoseconds of one, by the id of the record. */
  readonly ns: ReadonlyMap<number, number>;
  readonly instructions: number | undefined;
}

async function run(emulator: Emulator, counts: Counts): Promise<Measured> {
  const folder = await mkdtemp(path.join(tmpdir(), 'dormouse-bench-'));
  try {
    const initrd = path.join(folder, 'script');
    await writeFile(initrd, scriptOf(counts).bytes());
    const ended = await timeCommand(emulator.command({ kernel: KERNEL, initrd, append: '', cpus: 1 }));
    // M id count, behind the bytes of other records: ticks of the loop without the call, ticks with it, ticks a second
    const lines = [...ended.stdout.matchAll(/M (\d+) (\d+) (\d+) (\d+) (\d+)\r?$/gm)].map((line) => line.map(Number));
    const ns = lines.map(
      ([, id = 0, count = 0, idle = 0, busy = 0, hertz = 0]) => [id, ((busy - idle) / count / hertz) * 1e9] as const,
    );
    if (ended.status !== 0 || ns.length !== (counts.signals > 0 ? 2 : 1))
      throw new Error(
        `${emulator.name} ended with status ${ended.status}: ${(ended.stdout + ended.stderr).slice(-600)}`,
      );
    return { ns: new Map(ns), instructions: emulator.name === 'dormouse' ? instructionsOf(ended.stderr) : undefined };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The round trip of the smallest call, and how soon a signalled handler runs. */
export async function measureFirmware({ options, newest, say }: BenchContext): Promise<FirmwareCost[]> {
  const count = options.quick ? 20_000 : 500_000;
  const all: FirmwareCost[] = [];
  for (const emulator of newest) {
    const isOurs = emulator.name === 'dormouse';
    const counts = { calls: count, signals: isOurs ? count : 0 };
    const rounds: Measured[] = [];
    for (let round = 0; round < options.rounds; ++round) rounds.push(await run(emulator, counts));
    const least = (id: number) => Math.min(...rounds.map(({ ns }) => ns.get(id) ?? Number.NaN));
    // One more of each, with nothing else changed, tells what one of them executes.
    const total = rounds[0]?.instructions ?? 0;
    const moreCalls = isOurs ? (await run(emulator, { ...counts, calls: count + 1000 })).instructions : undefined;
    const moreSignals = isOurs ? (await run(emulator, { ...counts, signals: count + 1000 })).instructions : undefined;
    // A round of both loops, with and without the call, is 8 instructions; 7 of them are the loops' own.
    const LOOPS = 7;
    all.push({
      emulator: emulator.name,
      psciNs: least(CALLS),
      ...(isOurs && { signalNs: least(SIGNALS) }),
      ...(moreCalls !== undefined && { psciInstructions: (moreCalls - total) / 1000 - LOOPS }),
      ...(moreSignals !== undefined && { signalInstructions: (moreSignals - total) / 1000 }),
    });
    say(`firmware, ${emulator.name}: PSCI_VERSION ${least(CALLS).toFixed(0)} ns`);
  }
  return all;
}
