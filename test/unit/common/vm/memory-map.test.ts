import { expect, test } from 'vitest';
import {
  describeMemoryMap,
  memoryChangesSchema,
  parseAddition,
  slotEnd,
  toAddition,
} from '../../../../src/common/vm/memory-map.ts';

test.for([
  ['dimm0=256M', { name: 'dimm0', bytes: 2 ** 28 }],
  ['a=64K@0x80000000', { name: 'a', bytes: 2 ** 16, base: 0x8000_0000 }],
  ['a-1=1G@4294967296', { name: 'a-1', bytes: 2 ** 30, base: 2 ** 32 }],
] as const)('%s is an addition', ([text, change]) => {
  expect(parseAddition(text)).toEqual({ kind: 'add', ...change });
});

test.for([
  ['', 'Write it as'],
  ['dimm0', 'Write it as'],
  ['dimm0=', 'Write it as'],
  ['=1M', 'Write it as'],
  ['a=b=1M', 'Write it as'],
  ['a=1M@', 'Write it as'],
  ['a=1M@0xzz', 'Write it as'],
  ['a=1M@1@2', 'Write it as'],
  ['Dimm=1M', 'a-z, 0-9'],
  [`${'x'.repeat(33)}=1M`, 'a-z, 0-9'],
  ['a=4K', 'At least 64K'],
  ['a=65K', 'multiples of 64K'],
  ['a=1M@0x80000001', 'multiple of 64K'],
])('%s is none: %s', ([text = '', words = '']) => {
  expect(parseAddition(text)).toContain(words);
});

test('a transaction has something in it, and nothing else than changes', () => {
  expect(memoryChangesSchema.safeParse([]).success).toBe(false);
  expect(memoryChangesSchema.safeParse([{ kind: 'remove', name: 'a', base: 1 }]).success).toBe(false);
  expect(memoryChangesSchema.safeParse([{ kind: 'move', name: 'a', base: 0 }]).success).toBe(false);
  expect(memoryChangesSchema.safeParse([{ kind: 'remove', name: 'a' }]).success).toBe(true);
});

test('a map reads as a table', () => {
  const slot = { name: 'ram', base: '0x40000000', bytes: 2 ** 29, readOnly: false };
  expect(describeMemoryMap({ generation: 3, slots: [slot, { ...slot, name: 'rom', readOnly: true }] })).toEqual([
    'generation 3',
    'ram              0x40000000     512 MiB',
    'rom              0x40000000     512 MiB, read-only',
  ]);
});

test.each([
  [
    { name: 'dimm0', size: '64M', address: '' },
    { kind: 'add', name: 'dimm0', bytes: 2 ** 26 },
  ],
  [
    { name: 'dimm0', size: '64M', address: '0x100000000' },
    { kind: 'add', name: 'dimm0', bytes: 2 ** 26, base: 2 ** 32 },
  ],
])('%j is an addition', (typed, change) => {
  expect(toAddition(typed)).toEqual(change);
});

test.each([
  [{ name: 'dimm0', size: 'much', address: '' }, 'size'],
  [{ name: 'dimm0', size: '64M', address: 'high' }, 'address'],
  [{ name: 'Dimm 0', size: '64M', address: '' }, 'called'],
  [{ name: 'dimm0', size: '1K', address: '' }, '64K'],
  [{ name: 'dimm0', size: '64M', address: '0x1001' }, '64K'],
])('%j is answered with a sentence', (typed, word) => {
  expect(toAddition(typed)).toContain(word);
});

test('the last address of a slot has all 64 bits', () => {
  expect(slotEnd({ name: 'ram', base: '0xffffffff00000000', bytes: 2 ** 32, readOnly: false })).toBe(
    '0xffffffffffffffff',
  );
});
