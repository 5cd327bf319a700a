import { expect, test } from 'vitest';
import { ConsoleFeed } from '../../../../../renderer/views/vm-console/console-feed.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const chunk = (start: number, text: string) => ({ id: 'vm', start, data: bytes(text) });

function feed() {
  let shown = '';
  const target = new ConsoleFeed((data) => (shown += new TextDecoder().decode(data)));
  return { target, shown: () => shown };
}

test('the past comes first, then what arrived meanwhile, without a repeat', () => {
  const { target, shown } = feed();
  target.chunk(chunk(3, 'def'));
  target.chunk(chunk(6, 'ghi'));
  target.snapshot({ data: bytes('abcdef'), end: 6 });
  target.chunk(chunk(9, 'jkl'));
  expect(shown()).toBe('abcdefghijkl');
});

test('a chunk that overlaps what is known shows its new part alone', () => {
  const { target, shown } = feed();
  target.snapshot({ data: bytes('abcd'), end: 4 });
  target.chunk(chunk(2, 'cdef'));
  expect(shown()).toBe('abcdef');
});

test('a new run of the VM counts from zero again', () => {
  const { target, shown } = feed();
  target.snapshot({ data: bytes('first run. '), end: 11 });
  target.chunk(chunk(0, 'second'));
  target.chunk(chunk(6, ' run'));
  expect(shown()).toBe('first run. second run');
});
