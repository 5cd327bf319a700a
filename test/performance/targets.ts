import { geometricMean, type Group, ratioOf, type Row } from './results.ts';

/** Rows that are judged together, and what Dormouse is to reach: CPU seconds of the best QEMU divided by ours. */
export interface Target {
  readonly name: string;
  readonly groups: readonly Group[];
  /** For the geometric mean of all rows; absent: none is set. */
  readonly mean?: number;
  /** For each single row. */
  readonly least?: number;
}

export const TARGETS: readonly Target[] = [
  { name: 'integer', groups: ['integer', 'memory', 'atomic'], mean: 2.2, least: 1 },
  { name: 'fp-simd-crypto', groups: ['float', 'vector', 'crypto'], mean: 6, least: 1 },
  { name: 'system', groups: ['system'], mean: 3, least: 1.2 },
  { name: 'tools', groups: ['tool'] },
  { name: 'compile', groups: ['compile'], mean: 1.3, least: 1.3 },
  { name: 'boot', groups: ['boot'], mean: 1.5, least: 1.5 },
];

/** CPU nanoseconds that translating one guest instruction may take. */
export const TRANSLATION_TARGET_NS = 150;

/** The class of the targets that a group belongs to. */
export function classOf(group: Group): string {
  return TARGETS.find(({ groups }) => groups.includes(group))?.name ?? group;
}

export interface Judgement {
  readonly target: Target;
  /** Rows that have a ratio. */
  readonly count: number;
  readonly mean: number;
  readonly least: { readonly name: string; readonly ratio: number };
  /** Undefined when there is no target. */
  readonly isReached: boolean | undefined;
}

/** Each target beside what was measured; none where nothing was. What is at fault does not count. */
export function judge(rows: readonly Row[]): Judgement[] {
  return TARGETS.flatMap((target) => {
    const ratios = rows
      .filter(({ group, fault }) => target.groups.includes(group) && fault === undefined)
      .flatMap((row) => {
        const ratio = ratioOf(row, 'cpu');
        return ratio === undefined ? [] : [{ name: row.name, ratio }];
      })
      .sort((a, b) => a.ratio - b.ratio);
    const [least] = ratios;
    const mean = geometricMean(ratios.map(({ ratio }) => ratio));
    if (least === undefined || mean === undefined) return [];
    const hasTarget = target.mean !== undefined || target.least !== undefined;
    const isReached = hasTarget ? mean >= (target.mean ?? 0) && least.ratio >= (target.least ?? 0) : undefined;
    return [{ target, count: ratios.length, mean, least, isReached }];
  });
}
