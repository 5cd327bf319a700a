import { expect, test } from 'vitest';
import { ConsoleBuffer } from '../../../../src/node/manager/console-buffer.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (buffer: ConsoleBuffer) => new TextDecoder().decode(buffer.snapshot());

test('push returns the count before the new bytes', () => {
  const buffer = new ConsoleBuffer(100);
  expect([buffer.push(bytes('abc')), buffer.push(bytes('de')), buffer.end]).toEqual([0, 3, 5]);
});

test('only the newest bytes are kept, whatever the sizes of the pieces', () => {
  const buffer = new ConsoleBuffer(4);
  buffer.push(bytes('abc'));
  buffer.push(bytes('de'));
  expect(text(buffer)).toBe('bcde');
  buffer.push(bytes('0123456789'));
  expect({ text: text(buffer), end: buffer.end }).toEqual({ text: '6789', end: 15 });
  for (let i = 0; i < 1000; i++) buffer.push(bytes('x'));
  expect(text(buffer)).toBe('xxxx');
});
