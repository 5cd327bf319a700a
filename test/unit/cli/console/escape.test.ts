import { expect, test } from 'vitest';
import { EscapeFilter } from '../../../../src/cli/console/escape.ts';

function typed(...pieces: string[]) {
  const filter = new EscapeFilter();
  const results = pieces.map((piece) => filter.take(new TextEncoder().encode(piece)));
  return {
    guest: results.map((result) => new TextDecoder().decode(result.forGuest)).join(''),
    commands: results.flatMap((result) => result.commands),
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
