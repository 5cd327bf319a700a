import { expect, test } from 'vitest';
import { OP, Script } from '../../helpers/conformance-guest.ts';
import { ReportReader } from '../../helpers/conformance-report.ts';

const CALL = 0;
const RESUMED = 1;
const REQUEST = 3;

const reader = () =>
  new ReportReader(
    new Script()
      .add(OP.call, [1n], { id: 10 })
      .add(OP.call, [2n], { id: 11 })
      .add(OP.host, [0x20n, 0x21n], { id: 12 })
      .bytes(),
  );
const block = (number: number, ...entries: number[]) => Uint8Array.of(2, number, entries.length, 0, ...entries);

test('entries name what differs from the ones before', () => {
  const report = reader();
  // x0 is -1; the same again for the next record; the request is the third.
  const bytes = block(0, (0b10 << 3) | CALL, 1, CALL, (0b10 << 3) | REQUEST, 2);
  expect(report.take(bytes)).toBe(
    ['C 10 0xffffffffffffffff 0x0', 'C 11 0xffffffffffffffff 0x0', 'X 1 12 0x20 0x21', ''].join('\r\n'),
  );
});

test('registers that changed are shown with the call, and a number may have ten bytes', () => {
  const minimum = [...Array.from({ length: 9 }, () => 0xff), 0x01]; // -2 ^ 63
  expect(reader().take(block(0, (0b1110 << 3) | CALL, 2, 4, 6))).toBe('C 10 0x1 0x2 0x3 0x0 0x0\r\n');
  expect(reader().take(block(0, (0b10 << 3) | RESUMED, ...minimum))).toContain('R 10 0x8000000000000000 ');
});

test('text and blocks arrive in any pieces', () => {
  const report = reader();
  const text = (part: string) => Buffer.from(part, 'latin1');
  const all = Buffer.concat([text('B \r\n'), block(0, CALL), block(1, CALL), text('E 0\r\n')]);
  const pieces = Array.from(all, (byte) => report.take(Uint8Array.of(byte)));
  expect(pieces.join('')).toBe('B \r\nC 10 0x0 0x0\r\nC 11 0x0 0x0\r\nE 0\r\n');
});

test('a boot begins anew, a lost block is noticed', () => {
  const report = reader();
  expect(report.take(block(0, (0b10 << 3) | CALL, 2))).toBe('C 10 0x1 0x0\r\n');
  expect(report.take(block(0, CALL))).toBe('C 10 0x0 0x0\r\n');
  expect(() => report.take(block(2, CALL))).toThrow("block 2 of the guest's report where 1 should be");
  expect(() => reader().take(block(0, 7))).toThrow('kind 7');
});
