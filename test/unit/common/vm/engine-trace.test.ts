import { expect, test } from 'vitest';
import {
  EngineTraceFollower,
  engineTraceLine,
  parseTraceKinds,
  traceKindsSchema,
} from '../../../../src/common/vm/engine-trace.ts';

test.each([
  ['blocks', ['blocks']],
  ['exits,tlb', ['exits', 'tlb']],
  ['blocks, dump=0xffff800008081234', ['blocks', 'dump=0xffff800008081234']],
  ['dump=40080000', ['dump=40080000']],
])('%s is a list of kinds', (text, kinds) => {
  expect(parseTraceKinds(text)).toEqual(kinds);
});

test.each(['', 'block', 'dump', 'dump=', 'dump=0x', 'dump=0x12345678901234567', 'exits,', 'exits;tlb'])(
  '%j is none, and the answer says what would be',
  (text) => {
    expect(parseTraceKinds(text)).toBe(
      'It must be of blocks, exits, tlb, dump=ADDRESS of a block, with commas between.',
    );
  },
);

test('a kind twice, or too many, is refused', () => {
  expect(parseTraceKinds('tlb,tlb')).toBe('A kind is named twice.');
  expect(traceKindsSchema.safeParse(Array.from({ length: 17 }, (_, i) => `dump=${i}`)).success).toBe(false);
});

test('a follower prints each event once, and says how many it missed', () => {
  const line = (sequence: number) => ({ sequence, timeNs: 1_234_567, vcpu: 1, text: `event ${sequence}` });
  expect(engineTraceLine(line(0))).toBe('[     0.001234567] vCPU 1  event 0');
  const follower = new EngineTraceFollower();
  expect(follower.take([line(0), line(1)])).toEqual([engineTraceLine(line(0)), engineTraceLine(line(1))]);
  expect(follower.since).toBe(2);
  expect(follower.take([line(5), line(7)])).toEqual([
    '(3 events were lost)',
    engineTraceLine(line(5)),
    '(1 event was lost)',
    engineTraceLine(line(7)),
  ]);
  expect(follower.take([])).toEqual([]);
});
