import { describe, expect, it } from 'vitest';
import type { Row } from '../../performance/results.ts';
import { classOf, judge } from '../../performance/targets.ts';

function row(name: string, group: Row['group'], ratio: number): Row {
  return {
    name,
    group,
    costs: new Map([
      ['dormouse', { cpu: 1, wall: 1 }],
      ['qemu', { cpu: ratio, wall: 1 }],
    ]),
  };
}

describe('targets of the benchmarks', () => {
  it('count memory and atomic kernels as integer ones', () => {
    expect(classOf('atomic')).toBe('integer');
    expect(classOf('crypto')).toBe('fp-simd-crypto');
  });

  it('are reached when the mean and each single row are good enough', () => {
    const [judgement] = judge([row('alu', 'integer', 2), row('copy', 'memory', 8)]);
    expect(judgement).toMatchObject({ count: 2, isReached: true, least: { name: 'alu', ratio: 2 } });
    expect(judgement?.mean).toBeCloseTo(4);
  });

  it('are missed by a single row that is too slow, whatever the mean', () => {
    const [judgement] = judge([row('alu', 'integer', 0.9), row('copy', 'memory', 80)]);
    expect(judgement).toMatchObject({ isReached: false, least: { name: 'alu' } });
  });

  it('are missed by the mean', () => {
    expect(judge([row('fork', 'system', 2)])).toMatchObject([{ target: { name: 'system' }, isReached: false }]);
  });

  it('are neither where none is set', () => {
    expect(judge([row('gzip', 'tool', 2)])).toMatchObject([{ count: 1, isReached: undefined }]);
  });

  it('say nothing about what was not measured or is at fault', () => {
    expect(judge([{ ...row('alu', 'integer', 2), fault: 'checksums differ' }])).toEqual([]);
  });
});
