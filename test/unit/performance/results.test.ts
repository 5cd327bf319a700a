import { describe, expect, it } from 'vitest';
import { disagreement, geometricMean, median, mips, ratioOf, type Row } from '../../performance/results.ts';

const row: Row = {
  name: 'alu',
  group: 'integer',
  costs: new Map([
    ['dormouse', { cpu: 2, wall: 3 }],
    ['qemu max', { cpu: 8, wall: 1 }],
    ['qemu a72', { cpu: 4, wall: 2 }],
  ]),
  instructions: 500_000_000,
};

describe('results of the benchmarks', () => {
  it('compares with whichever peer is faster, for CPU and wall seconds each', () => {
    expect(ratioOf(row, 'cpu')).toBe(2);
    expect(ratioOf(row, 'wall')).toBe(1 / 3);
  });

  it('has no ratio when no peer could run it, nor when we could not', () => {
    expect(ratioOf({ ...row, costs: new Map([['dormouse', { cpu: 1, wall: 1 }]]) }, 'cpu')).toBeUndefined();
    expect(ratioOf({ ...row, costs: new Map([['qemu max', { cpu: 1, wall: 1 }]]) }, 'cpu')).toBeUndefined();
  });

  it('takes the median of CPU and of wall seconds, each for itself', () => {
    const rounds = [
      { cpu: 1, wall: 9 },
      { cpu: 20, wall: 4 },
      { cpu: 3, wall: 5 },
    ];
    expect(median(rounds)).toEqual({ cpu: 3, wall: 5 });
    expect(median(rounds.slice(0, 2))).toEqual({ cpu: 10.5, wall: 6.5 });
  });

  it('divides instructions by our CPU seconds', () => {
    expect(mips(row)).toBe(250);
    expect(mips({ name: 'none', group: 'boot', costs: row.costs })).toBeUndefined();
  });

  it('takes geometric means, so that a ratio and its reverse cancel out', () => {
    expect(geometricMean([4, 0.25])).toBeCloseTo(1);
    expect(geometricMean([])).toBeUndefined();
  });

  it('names who disagrees about a checksum', () => {
    expect(
      disagreement(
        new Map([
          ['dormouse #1', '1'],
          ['qemu max #1', '1'],
        ]),
      ),
    ).toBeUndefined();
    expect(
      disagreement(
        new Map([
          ['dormouse #1', '1'],
          ['qemu max #1', '2'],
        ]),
      ),
    ).toBe('checksums differ: dormouse #1 1, qemu max #1 2');
  });
});
