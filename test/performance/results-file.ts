import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Results } from './report.ts';

const cost = z.object({ cpu: z.number(), wall: z.number() });
const groups = z.enum([
  ...['boot', 'integer', 'memory', 'atomic', 'float', 'vector', 'crypto'],
  ...['system', 'tool', 'compile'],
] as const);
const optional = z.number().exactOptional();

const resultsSchema = z.object({
  date: z.string(),
  host: z.string(),
  load: z.number(),
  dormouse: z.string(),
  jit: z.enum(['auto', 'on', 'off']),
  qemu: z.array(z.string()),
  rounds: z.number(),
  rows: z.array(
    z.object({
      name: z.string(),
      group: groups,
      costs: z.record(z.string(), cost).transform((costs) => new Map(Object.entries(costs))),
      instructions: optional,
      fault: z.string().exactOptional(),
    }),
  ),
  speeds: z.array(z.object({ emulator: z.string(), mipsByCpu: z.number(), mipsByGuest: z.number() })),
  idleness: z.array(
    z.object({
      emulator: z.string(),
      cpus: z.number(),
      percent: z.number(),
      exitsPerSecond: z.record(z.string(), z.number()).exactOptional(),
      instructionsPerSecond: optional,
    }),
  ),
  evenness: z.array(z.object({ emulator: z.string(), rounds: z.array(z.number()) })),
  firmware: z.array(
    z.object({
      emulator: z.string(),
      psciNs: z.number(),
      signalNs: optional,
      psciInstructions: optional,
      signalInstructions: optional,
    }),
  ),
  footprints: z.array(
    z.object({
      emulator: z.string(),
      cpus: z.number(),
      guest: z.number(),
      beside: z.number(),
      proportional: z.number(),
      allProcesses: z.number(),
    }),
  ),
  latencies: z.array(
    z.object({
      what: z.string(),
      emulator: z.string(),
      least: z.number(),
      p50: z.number(),
      p99: z.number(),
      p999: z.number(),
      most: z.number(),
    }),
  ),
  // Files of before it was measured are without.
  translations: z
    .array(z.object({ what: z.string(), ns: z.number(), instructions: z.number(), blocks: z.number() }))
    .default([]),
  faults: z.array(z.string()),
});

export async function saveResults(path: string, results: Results): Promise<void> {
  const plain = (_: string, value: unknown): unknown => (value instanceof Map ? Object.fromEntries(value) : value);
  await writeFile(path, `${JSON.stringify(results, plain, 2)}\n`);
}

/** @throws Error naming the file, and the field that is not as saveResults() writes it. */
export async function loadResults(path: string): Promise<Results> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  }
  const parsed = resultsSchema.safeParse(json);
  if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** What several runs measured, under the date of the first. Ratios are within one run: a row is never made of two. */
export function joinResults(first: Results, rest: readonly Results[]): Results {
  const all = [first, ...rest];
  return {
    ...first,
    dormouse: [...new Set(all.map(({ dormouse }) => dormouse))].join(' and '),
    rows: all.flatMap(({ rows }) => rows),
    speeds: all.flatMap(({ speeds }) => speeds),
    idleness: all.flatMap(({ idleness }) => idleness),
    evenness: all.flatMap(({ evenness }) => evenness),
    firmware: all.flatMap(({ firmware }) => firmware),
    footprints: all.flatMap(({ footprints }) => footprints),
    latencies: all.flatMap(({ latencies }) => latencies),
    translations: all.flatMap(({ translations }) => translations),
    faults: all.flatMap(({ faults }) => faults),
  };
}
