import path from 'node:path';
import { z } from 'zod';
import { fetchKernel } from '../../../src/node/images/kernel.ts';
import { buildBenchmarkInitramfs } from '../benchmark-guest.ts';
import { type Emulator, type GuestFiles, ROOT } from '../emulators.ts';
import { GuestSession } from '../guest-session.ts';
import { timeCommand } from '../measure.ts';
import type { BenchContext } from './context.ts';

const TINY_GUEST = path.join(ROOT, 'resources/guests/tiny/tiny.Image');
const KERNEL = '6.12-cloud';
const MILLISECOND = 1_000_000;

/** How something that should have happened at once was late, in nanoseconds. */
export interface Latency {
  readonly what: string;
  readonly emulator: string;
  readonly least: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly most: number;
}

/** @param sorted in rising order. */
export function latencyOf(what: string, emulator: string, sorted: readonly number[]): Latency {
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
  return { what, emulator, least: at(0), p50: at(0.5), p99: at(0.99), p999: at(0.999), most: at(1) };
}

/** One thing to measure in a guest that is up. */
interface Probe {
  readonly what: string;
  readonly command: string;
  /** Five figures: least, 50 %, 99 %, 99.9 %, most. */
  readonly answer: RegExp;
}

interface Guest {
  readonly files: GuestFiles;
  readonly ready: RegExp;
  readonly farewell: string;
  readonly probes: readonly Probe[];
}

function tinyGuest(count: number): Guest {
  const answer = /least (\d+), 50 % (\d+), 99 % (\d+), 99\.9 % (\d+), most (\d+)/;
  return {
    files: { kernel: TINY_GUEST, append: '', cpus: 1 },
    ready: /tiny> /,
    farewell: 'off\r',
    probes: [
      { what: 'interrupt to handler, CPU busy', command: `latency ${count}\r`, answer },
      { what: 'interrupt to handler, CPU asleep', command: `latency ${count} idle\r`, answer },
    ],
  };
}

async function linuxGuest(count: number): Promise<Guest> {
  const [kernel, initrd] = [await fetchKernel(KERNEL), await buildBenchmarkInitramfs('plain')];
  const answer = /latency (\d+) (\d+) (\d+) (\d+) (\d+)\r?\n/;
  const probe = (what: string, load: string): Probe => ({
    what,
    command: `latency ${count} ${MILLISECOND} ${load}\n`,
    answer,
  });
  return {
    files: { kernel: kernel.path, initrd, append: 'console=ttyAMA0 quiet', cpus: 1 },
    ready: /BENCHMARK-READY/,
    farewell: 'off\n',
    probes: [
      probe('Linux: timer to real-time task, CPU busy', 'busy'),
      probe('Linux: timer to real-time task, CPU asleep', 'idle'),
    ],
  };
}

async function measure(emulator: Emulator, guest: Guest): Promise<Latency[]> {
  const session = new GuestSession(emulator, guest.files);
  try {
    await session.waitFor(guest.ready);
    const all: Latency[] = [];
    for (const { what, command, answer } of guest.probes) {
      session.send(command);
      const [, least, p50, p99, p999, most] = (await session.waitFor(answer, 300)).map(Number);
      all.push({
        what,
        emulator: emulator.name,
        least: least ?? Number.NaN,
        p50: p50 ?? Number.NaN,
        p99: p99 ?? Number.NaN,
        p999: p999 ?? Number.NaN,
        most: most ?? Number.NaN,
      });
    }
    return all;
  } finally {
    await session.close(guest.farewell);
  }
}

const numbers = z.array(z.number());
const pausesSchema = z.object({ pauses: numbers, parkings: numbers, ways: numbers });

/** From asking a machine to pause until all of its busy vCPUs are parked. A peer has no such figure to compare with. */
async function measurePauses({ options }: BenchContext): Promise<Latency[]> {
  const count = options.quick ? 1_000 : 10_000;
  const linux = ['linux', (await fetchKernel(KERNEL)).path, await buildBenchmarkInitramfs('plain')];
  const all: Latency[] = [];
  for (const [load, args] of [
    ['a loop', ['tiny', '1']],
    ['a loop on 2 CPUs', ['tiny', '2']],
    ['a program in Linux', linux],
  ] as const) {
    const probe = path.join(import.meta.dirname, '../pause-probe.ts');
    const jit = options.jit === 'off' ? 'off' : 'on';
    const run = await timeCommand([process.execPath, probe, jit, String(count), ...args]);
    if (run.status !== 0) throw new Error(`The pause probe ended with status ${run.status}: ${run.stderr.slice(-600)}`);
    const { pauses, parkings, ways } = pausesSchema.parse(JSON.parse(run.stdout));
    const figure = (what: string, samples: readonly number[]): void => {
      const rising = samples.toSorted((a, b) => a - b);
      all.push(latencyOf(`${what}, ${load}`, 'dormouse', rising));
    };
    figure('pause asked for to its answer', pauses);
    figure('of that, the kick to all vCPUs parked', parkings);
    figure('the way to a thread and back alone', ways);
    const differences = pauses.map((pause, i) => pause - (ways[i] ?? 0));
    figure('the pause less the way a moment later', differences);
  }
  return all;
}

/** How late interrupts and the tasks that wait for them are. One guest at a time: they would disturb each other. */
export async function measureLatency(context: BenchContext): Promise<Latency[]> {
  const { options, newest, say } = context;
  const count = options.quick ? 2_000 : 20_000;
  const all: Latency[] = [];
  for (const guest of [tinyGuest(count), await linuxGuest(count)])
    for (const emulator of newest)
      for (const latency of await measure(emulator, guest)) {
        say(`${latency.what}, ${latency.emulator}: 50 % ${latency.p50} ns, 99.9 % ${latency.p999} ns`);
        all.push(latency);
      }
  const together = [...all].sort((a, b) => order(all, a.what) - order(all, b.what));
  return [...together, ...(await measurePauses(context))];
}

/** Where the first of its kind stands: keeps what belongs together together. */
function order(all: readonly Latency[], what: string): number {
  return all.findIndex((latency) => latency.what === what);
}
