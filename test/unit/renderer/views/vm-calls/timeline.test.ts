import { expect, test } from 'vitest';
import {
  everything,
  lanesOf,
  marksOf,
  moved,
  neighbour,
  placeOf,
  showing,
  ticksOf,
  timeAt,
  zoomed,
} from '../../../../../renderer/views/vm-calls/timeline.ts';
import { callOutcome, type FirmwareCall } from '../../../../../src/common/firmware/trace.ts';

function call(sequence: number, timeNs: number, vcpu = 0, result: string | null = 'SUCCESS', name = 'CPU_ON') {
  return { sequence, timeNs, vcpu, functionName: name, arguments: [], result };
}
const ALL = { from: 0, to: 1e9 };
const WIDTH = 1000;

test('everything has the first and the last call in sight, also when there is one or none', () => {
  const view = everything([call(0, 1e6), call(1, 9e6)]);
  expect(view.from).toBeLessThan(1e6);
  expect(view.to).toBeGreaterThan(9e6);
  const one = everything([call(0, 5)]);
  expect(one.to - one.from).toBeGreaterThan(0);
  expect(everything([]).to).toBeGreaterThan(everything([]).from);
});

test('zooming keeps the place under the pointer, and never leaves what there is', () => {
  const at = 3e8;
  const view = zoomed(ALL, 0.5, at, ALL);
  expect(view.to - view.from).toBeCloseTo(5e8);
  expect(placeOf(at, view, WIDTH)).toBeCloseTo(placeOf(at, ALL, WIDTH));
  expect(zoomed(view, 100, at, ALL)).toEqual(ALL);
  let closest = ALL;
  for (let i = 0; i < 100; i++) closest = zoomed(closest, 0.5, at, ALL);
  expect(closest.to - closest.from).toBeCloseTo(1000);
});

test('moving stops at the ends; what is asked for comes in sight', () => {
  const view = { from: 4e8, to: 5e8 };
  expect(moved(view, 1, ALL)).toEqual({ from: 5e8, to: 6e8 });
  expect(moved(view, 100, ALL)).toEqual({ from: 9e8, to: 1e9 });
  expect(moved(view, -100, ALL)).toEqual({ from: 0, to: 1e8 });
  expect(showing(view, 4.5e8, ALL)).toBe(view);
  for (const at of [0, 1e8, 9e8, 1e9]) {
    const next = showing(view, at, ALL);
    expect(next.from).toBeLessThanOrEqual(at);
    expect(next.to).toBeGreaterThanOrEqual(at);
    expect(next.to - next.from).toBeCloseTo(1e8);
  }
});

test('a place and its time are each other’s inverse', () => {
  const view = { from: 123, to: 456_789 };
  expect(timeAt(placeOf(4567, view, WIDTH), view, WIDTH)).toBeCloseTo(4567);
});

test.each([
  [{ from: 0, to: 1e9 }, ['0.0 s', '0.1 s', '0.2 s']],
  [{ from: 999_999_000, to: 1_000_000_000 }, ['0.9999990 s', '0.9999991 s']],
  [{ from: -5e8, to: 100e9 }, ['0 s', '20 s', '40 s']],
])('the ticks of %j are round', (view, labels) => {
  const ticks = ticksOf(view, WIDTH);
  expect(ticks.slice(0, labels.length).map((tick) => tick.label)).toEqual(labels);
  expect(ticks.length).toBeLessThanOrEqual(WIDTH / 100 + 1);
  expect(new Set(ticks.map((tick) => tick.label)).size).toBe(ticks.length);
});

test('calls that lie too close become one mark with the worst outcome', () => {
  const calls = [
    call(0, 1e8),
    call(1, 1.001e8, 0, 'DENIED'),
    call(2, 1.002e8, 1, null),
    call(3, 5e8, 0, null),
    call(4, 2e9, 0),
  ];
  const lanes = lanesOf(calls);
  expect(lanes).toEqual([0, 1]);
  const marks = marksOf(calls, lanes, ALL, WIDTH);
  expect(marks.map(({ lane, outcome, calls: each }) => [lane, outcome, each.map((one) => one.sequence)])).toEqual([
    [0, 'failed', [0, 1]],
    [0, 'open', [3]],
    [1, 'open', [2]],
  ]);
  expect(marks[0]?.label).toBe('2× CPU_ON');
  expect(marks[1]?.label).toBe('CPU_ON');
});

test('a label that has no room is left out', () => {
  const calls = [call(0, 1e8), call(1, 1.3e8, 0, 'SUCCESS', 'CPU_OFF')];
  const marks = marksOf(calls, [0], ALL, WIDTH);
  expect(marks.map((mark) => mark.label)).toEqual(['', 'CPU_OFF']);
});

test('keys lead along the time and across the lanes, and stop at the ends', () => {
  const calls: readonly FirmwareCall[] = [call(0, 0), call(1, 10, 2), call(2, 20), call(3, 90, 2)];
  const walk = (from: number | undefined, direction: Parameters<typeof neighbour>[2]) =>
    neighbour(calls, from === undefined ? undefined : calls[from], direction)?.sequence;
  expect(walk(undefined, 'first')).toBe(0);
  expect(walk(undefined, 'next')).toBe(3);
  expect(walk(0, 'next')).toBe(1);
  expect(walk(1, 'previous')).toBe(0);
  expect(walk(0, 'previous')).toBe(0);
  expect(walk(3, 'next')).toBe(3);
  expect(walk(2, 'down')).toBe(1);
  expect(walk(3, 'up')).toBe(2);
  expect(walk(0, 'up')).toBe(0);
  expect(neighbour([], undefined, 'next')).toBeUndefined();
});

test.each([
  ['SUCCESS', 'ok'],
  ['PSCI 1.3', 'ok'],
  ['17', 'ok'],
  ['-3', 'ok'],
  ['NOT_REQUIRED', 'ok'],
  ['ALREADY_ON', 'failed'],
  [null, 'open'],
] as const)('a call with the result %s is %s', (result, outcome) => {
  expect(callOutcome(call(0, 0, 0, result))).toBe(outcome);
});
