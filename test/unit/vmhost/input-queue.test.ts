import { expect, test, vi } from 'vitest';
import { InputQueue } from '../../../src/vmhost/input-queue.ts';

test('input that finds no room is kept and handed on in order', async () => {
  let room = 3;
  let taken = '';
  const queue = new InputQueue((data) => {
    const part = data.subarray(0, room);
    room -= part.length;
    taken += new TextDecoder().decode(part);
    return part.length;
  });
  queue.push(new TextEncoder().encode('hello '));
  queue.push(new TextEncoder().encode('world'));
  expect(taken).toBe('hel');
  room = 100;
  await vi.waitFor(() => expect(taken).toBe('hello world'));
  queue.dispose();
});
