import type { Cost } from './measure.ts';

export type Group = 'boot' | 'integer' | 'memory' | 'atomic' | 'float' | 'vector' | 'system';

/** One thing that was measured on several emulators. */
export interface Row {
  readonly name: string;
  readonly group: Group;
  /** Smallest of the rounds, by emulator; absent: it could not run there. */
  readonly costs: ReadonlyMap<string, Cost>;
  /** Guest instructions of one run under Dormouse. */
  readonly instructions?: number;
  /** What is wrong with it: different checksums, no clean end. */
  readonly fault?: string;
}

/** The best of several measurements: CPU and wall seconds each for itself, for noise only ever adds. */
export function smallest(costs: readonly Cost[]): Cost {
  return { cpu: Math.min(...costs.map(({ cpu }) => cpu)), wall: Math.min(...costs.map(({ wall }) => wall)) };
}

/** The best that any peer did. Undefined when none could run it. */
export function bestPeer(row: Row): Cost | undefined {
  const peers = [...row.costs].filter(([name]) => name !== 'dormouse').map(([, cost]) => cost);
  return peers.length === 0 ? undefined : smallest(peers);
}

/** Ours divided by the best peer's: below 1 we are faster. Undefined when one side is missing or took no time. */
export function ratioOf(row: Row, what: keyof Cost): number | undefined {
  const ours = row.costs.get('dormouse')?.[what];
  const theirs = bestPeer(row)?.[what];
  return ours === undefined || theirs === undefined || theirs <= 0 ? undefined : ours / theirs;
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
