import { describe, expect, it } from 'vitest';
import { disagreement, geometricMean, mips, ratioOf, type Row, smallest } from '../../performance/results.ts';

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
    expect(ratioOf(row, 'cpu')).toBe(0.5);
    expect(ratioOf(row, 'wall')).toBe(3);
  });

  it('has no ratio when no peer could run it, nor when we could not', () => {
    expect(ratioOf({ ...row, costs: new Map([['dormouse', { cpu: 1, wall: 1 }]]) }, 'cpu')).toBeUndefined();
    expect(ratioOf({ ...row, costs: new Map([['qemu max', { cpu: 1, wall: 1 }]]) }, 'cpu')).toBeUndefined();
  });

  it('takes the smallest CPU and the smallest wall seconds, not those of one round', () => {
    const rounds = [
      { cpu: 1, wall: 9 },
      { cpu: 2, wall: 4 },
    ];
    expect(smallest(rounds)).toEqual({ cpu: 1, wall: 4 });
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
