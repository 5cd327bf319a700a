import { expect, test } from 'vitest';
import { formatSize, parseSize, writeSize } from '../../../../src/common/base/units.ts';

test.each([
  ['512M', 2 ** 29],
  ['2G', 2 ** 31],
  ['1.5GiB', 1.5 * 2 ** 30],
  ['64kb', 65536],
  ['10T', 10 * 2 ** 40],
  ['4096', 4096],
  ['0', 0],
])('%s is %d bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each(['', 'M', '-1M', '1Q', '1 2', '0x10', '1e3', '99999999999T', '0.3'])('"%s" is no size', (text) => {
  expect(parseSize(text)).toBeUndefined();
});

test.each([
  [2 ** 29, '512 MiB'],
  [1.5 * 2 ** 30, '1.5 GiB'],
  [100, '100 bytes'],
])('%d bytes read as %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});

test.each([
  [2 ** 29, '512M'],
  [3 * 2 ** 30, '3G'],
  [1.5 * 2 ** 30, '1536M'],
  [100, '100'],
  [0, '0'],
])('%d bytes are written as %s, and read back as the same', (bytes, text) => {
  expect(writeSize(bytes)).toBe(text);
  expect(parseSize(text)).toBe(bytes);
});
