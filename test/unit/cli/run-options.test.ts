import { expect, test } from 'vitest';
import { parseCpus, parseFrequency, parseMemory, parseTimeout } from '../../../src/cli/run-options.ts';

test.each(['0', '-1', '1.5', 'four', ''])('--cpus %s is refused', (text) => {
  expect(() => parseCpus(text)).toThrow('whole number');
});

test.each([
  ['0', 'at least 16M'],
  ['0M', 'at least 16M'],
  ['17M', 'multiple of 2M'],
  ['lots', '512M'],
])('--memory %s is refused', (text, reason) => {
  expect(() => parseMemory(text)).toThrow(reason);
});

test.each(['0', '999999', '1000000001', '24 MHz', '24000000.5'])('--counter-frequency %s is refused', (text) => {
  expect(() => parseFrequency(text)).toThrow('whole number of Hz');
});

test('10 TiB is a size; whether the host has it is for the host to say', () => {
  expect(parseMemory('10T')).toBe(10 * 2 ** 40);
});

test.each(['-1', 'soon', '1e9'])('--timeout %s is refused', (text) => {
  expect(() => parseTimeout(text)).toThrow('seconds');
});
