import { describe, expect, it } from 'vitest';
import { latencyOf } from '../../performance/suites/latency.ts';

describe('latencyOf', () => {
  it('takes percentiles of sorted samples', () => {
    const samples = Array.from({ length: 1000 }, (_, i) => i);
    expect(latencyOf('pause', 'dormouse', samples)).toEqual({
      what: 'pause',
      emulator: 'dormouse',
      least: 0,
      p50: 500,
      p99: 990,
      p999: 999,
      most: 999,
    });
  });

  it('has one figure for everything when there is one sample', () => {
    expect(latencyOf('pause', 'dormouse', [7])).toMatchObject({ least: 7, p50: 7, p999: 7, most: 7 });
  });

  it('has none without samples', () => {
    expect(latencyOf('pause', 'dormouse', []).p50).toBeNaN();
  });
});
