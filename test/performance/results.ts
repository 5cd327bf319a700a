import type { Cost } from './measure.ts';

export type Group =
  'boot' | 'integer' | 'memory' | 'atomic' | 'float' | 'vector' | 'crypto' | 'system' | 'tool' | 'compile';

/** One thing that was measured on several emulators. */
export interface Row {
  readonly name: string;
  readonly group: Group;
  /** Median of the rounds, by emulator; absent: it could not run there. */
  readonly costs: ReadonlyMap<string, Cost>;
  /** Guest instructions of one run under Dormouse. */
  readonly instructions?: number;
  /** What is wrong with it: different checksums, no clean end. */
  readonly fault?: string;
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** What counts of several rounds: the medians of CPU and of wall seconds, each for itself. */
export function median(costs: readonly Cost[]): Cost {
  return { cpu: medianOf(costs.map(({ cpu }) => cpu)), wall: medianOf(costs.map(({ wall }) => wall)) };
}

/** The best that any peer did, CPU and wall seconds each for itself. Undefined when none could run it. */
export function bestPeer(row: Row): Cost | undefined {
  const peers = [...row.costs].filter(([name]) => name !== 'dormouse').map(([, cost]) => cost);
  if (peers.length === 0) return undefined;
  return { cpu: Math.min(...peers.map(({ cpu }) => cpu)), wall: Math.min(...peers.map(({ wall }) => wall)) };
}

/** The best peer's divided by ours: above 1 we are faster. Undefined when one side is missing or took no time. */
export function ratioOf(row: Row, what: keyof Cost): number | undefined {
  const ours = row.costs.get('dormouse')?.[what];
  const theirs = bestPeer(row)?.[what];
  return ours === undefined || theirs === undefined || ours <= 0 ? undefined : theirs / ours;
}

/** Millions of guest instructions per CPU second of ours. */
export function mips(row: Row): number | undefined {
  const cpu = row.costs.get('dormouse')?.cpu;
  return row.instructions === undefined || cpu === undefined || cpu <= 0 ? undefined : row.instructions / cpu / 1e6;
}

/** @returns undefined for an empty list. */
export function geometricMean(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** Undefined when they all agree, else who said what. Emulators that could not run it have no say. */
export function disagreement(checksums: ReadonlyMap<string, string>): string | undefined {
  if (new Set(checksums.values()).size <= 1) return undefined;
  return `checksums differ: ${[...checksums].map(([name, sum]) => `${name} ${sum}`).join(', ')}`;
}
