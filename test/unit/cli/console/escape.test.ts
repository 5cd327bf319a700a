import { expect, test } from 'vitest';
import { EscapeFilter } from '../../../../src/cli/console/escape.ts';

function typed(...pieces: string[]) {
  const filter = new EscapeFilter();
  const keys = pieces.flatMap((piece) => filter.take(new TextEncoder().encode(piece)));
  return {
    guest: keys.map((key) => (typeof key === 'string' ? '' : new TextDecoder().decode(key))).join(''),
    commands: keys.filter((key) => typeof key === 'string'),
  };
}

test.each([
  ['plain text passes', ['ls\r'], 'ls\r', []],
  ['Ctrl-A x quits', ['a\u0001xb'], 'ab', ['quit']],
  ['a sequence may arrive in two pieces', ['\u0001', 'c'], '', ['monitor']],
  ['Ctrl-A h and ? ask for help', ['\u0001h\u0001?'], '', ['help', 'help']],
  ['Ctrl-A a and Ctrl-A Ctrl-A send one Ctrl-A', ['\u0001a\u0001\u0001'], '\u0001\u0001', []],
  ['an unknown letter passes with its Ctrl-A', ['\u0001z'], '\u0001z', []],
])('%s', (_name, pieces, guest, commands) => {
  expect(typed(...pieces)).toEqual({ guest, commands });
});

test('what follows a command in one piece comes after it', () => {
  const keys = new EscapeFilter().take(new TextEncoder().encode('a\u0001cinfo\r\u0001c'));
  const text = keys.map((key) => (typeof key === 'string' ? `<${key}>` : new TextDecoder().decode(key)));
  expect(text).toEqual(['a', '<monitor>', 'info\r', '<monitor>']);
});
