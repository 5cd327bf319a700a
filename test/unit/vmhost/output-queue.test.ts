import { expect, test } from 'vitest';
import { OutputQueue } from '../../../src/vmhost/output-queue.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

/** A reader that takes one message each time it is told to. */
function slowReader(capacity?: number) {
  const taken: string[] = [];
  let take: () => void = () => undefined;
  const queue = new OutputQueue((data) => {
    taken.push(new TextDecoder().decode(data));
    return new Promise((resolve) => (take = resolve));
  }, capacity);
  return { queue, taken, take: () => take() };
}

test('bytes arrive in order, joined while one message is under way', async () => {
  const { queue, taken, take } = slowReader();
  for (const text of ['a', 'b', 'c']) queue.push(bytes(text));
  take();
  await expect.poll(() => taken).toEqual(['a', 'bc']);
  take();
  await queue.flushed();
  queue.push(bytes('d'));
  expect(taken).toEqual(['a', 'bc', 'd']);
});

test('a reader that never reads loses the oldest bytes, is told how many, and gets the newest', async () => {
  const { queue, taken, take } = slowReader(100);
  queue.push(bytes('first'));
  for (let i = 0; i < 1000; ++i) queue.push(bytes(`${i}`.padStart(10)));
  take();
  await expect.poll(() => taken.length).toBe(2);
  expect(taken[1]).toContain('[9900 bytes of output lost');
  expect(taken[1]).toMatch(/999$/);
  expect(taken[1]?.length).toBeLessThan(200);
});

test('flushed waits for the last byte', async () => {
  const { queue, take } = slowReader();
  queue.push(bytes('a'));
  let done = false;
  const flushed = queue.flushed().then(() => (done = true));
  await Promise.resolve();
  expect(done).toBe(false);
  take();
  await flushed;
});
