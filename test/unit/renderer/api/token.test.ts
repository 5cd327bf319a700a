import { expect, test, vi } from 'vitest';
import { rememberToken } from '../../../../renderer/api/token.ts';

function page(hash: string, stored: Record<string, string> = {}) {
  const storage = {
    getItem: (key: string) => stored[key] ?? null,
    setItem: (key: string, value: string) => {
      stored[key] = value;
    },
  };
  const replaceState = vi.fn();
  return { token: rememberToken({ hash, pathname: '/' }, storage, { replaceState }), stored, replaceState };
}

test('the token moves from the address to the tab', () => {
  const { token, stored, replaceState } = page('#token=abc');
  expect({ token, values: Object.values(stored) }).toEqual({ token: 'abc', values: ['abc'] });
  expect(replaceState).toHaveBeenCalledWith(null, '', '/');
});

test('a reload finds it in the tab', () => {
  const first = page('#token=abc');
  expect(page('', first.stored).token).toBe('abc');
});

test('without one there is none', () => {
  expect(page('').token).toBeUndefined();
});
