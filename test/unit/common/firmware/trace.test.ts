import { expect, test } from 'vitest';
import { TraceFollower, traceLine, type FirmwareCall } from '../../../../src/common/firmware/trace.ts';

function call(sequence: number, vcpu: number, result: string | null = 'SUCCESS'): FirmwareCall {
  return { sequence, timeNs: sequence * 1e9, vcpu, functionName: 'CPU_ON', arguments: [], result };
}

test('a line has time, vCPU, function, arguments and result', () => {
  const full = { ...call(12, 3), arguments: [{ name: 'target_cpu', value: '0x1' }] };
  expect(traceLine(full)).toBe('[    12.000000000] vCPU 3  CPU_ON(target_cpu=0x1) = SUCCESS');
  expect(traceLine(call(12, 3, null))).toBe('[    12.000000000] vCPU 3  CPU_ON()');
});

test('every call comes once, however often it is read', () => {
  const follower = new TraceFollower();
  expect(follower.take([call(0, 0), call(1, 0)])).toHaveLength(2);
  expect(follower.since).toBe(2);
  expect(follower.take([])).toEqual([]);
  expect(follower.take([call(2, 0)])).toEqual([call(2, 0)]);
});

test('a call that had not returned comes again when it has, and is asked for until then', () => {
  const follower = new TraceFollower();
  follower.take([call(0, 0, null), call(1, 1)]);
  expect(follower.since).toBe(0);
  expect(follower.take([call(0, 0, null), call(1, 1)])).toEqual([]);
  expect(follower.take([call(0, 0, 'DENIED'), call(1, 1)])).toEqual([call(0, 0, 'DENIED')]);
  expect(follower.since).toBe(2);
});

test('a call that never returns is over with the next one of its vCPU', () => {
  const follower = new TraceFollower();
  follower.take([call(0, 0, null)]);
  follower.take([call(0, 0, null), call(1, 0)]);
  expect(follower.since).toBe(2);
});

test('a call that the ring has lost is no longer waited for', () => {
  const follower = new TraceFollower();
  follower.take([call(0, 0, null)]);
  follower.take([call(300, 1)]);
  expect(follower.since).toBe(301);
});
