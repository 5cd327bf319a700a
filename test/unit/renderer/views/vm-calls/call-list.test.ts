import { expect, test } from 'vitest';
import { filterCalls, withCalls } from '../../../../../renderer/views/vm-calls/call-list.ts';

function call(sequence: number, functionName: string, vcpu = 0, result: string | null = 'SUCCESS') {
  return { sequence, timeNs: 0, vcpu, functionName, arguments: [{ name: 'target_cpu', value: '0x1' }], result };
}
const LIST = [call(0, 'PSCI_VERSION', 0, 'PSCI 1.3'), call(1, 'CPU_ON'), call(2, 'CPU_OFF', 1, null)];
const names = (filter: string) => filterCalls(LIST, filter).map((each) => each.functionName);

test('a call that has returned replaces the one that had not, in its place', () => {
  const done = call(1, 'CPU_ON', 0, 'DENIED');
  expect(withCalls([call(0, 'A'), call(1, 'CPU_ON', 0, null)], [call(2, 'B'), done])).toEqual([
    call(0, 'A'),
    done,
    call(2, 'B'),
  ]);
});

test('the list is bounded, the newest stay', () => {
  const many = Array.from({ length: 3000 }, (_, i) => call(i, 'X'));
  const kept = withCalls([], many);
  expect([kept.length, kept.at(-1)?.sequence]).toEqual([2000, 2999]);
});

test.each([
  ['', ['PSCI_VERSION', 'CPU_ON', 'CPU_OFF']],
  ['cpu_o', ['CPU_ON', 'CPU_OFF']],
  ['1.3', ['PSCI_VERSION']],
  ['target_cpu=0x1 success', ['CPU_ON']],
  ['vcpu 1', ['CPU_OFF']],
  ['VCPU0 cpu_on', ['CPU_ON']],
  ['nothing', []],
])('the filter "%s" shows %j', (filter, expected) => {
  expect(names(filter)).toEqual(expected);
});
