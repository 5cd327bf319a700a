import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { TEST_ENGINE } from '../helpers/engine.ts';
import { complaintsIn } from '../helpers/kernel-log.ts';
import { runProbe } from '../helpers/probe.ts';

test('four vCPUs show no outcome that the Arm memory model forbids, and locks guard what they should', async () => {
  const { failures, passed, notes, status, stdout } = await runProbe('6.12-cloud', 4, ['litmus', 'lock']);
  console.log(notes.join('\n'));
  expect(failures).toEqual([]);
  expect(complaintsIn(stdout)).toEqual([]);
  expect(notes).toHaveLength(30);
  expect(passed).toEqual(['litmus-outcomes', 'lock-ticket', 'lock-wait-for-event', 'lock-sequence']);
  expect(status).toBe(0);
  // A test that cannot see what is allowed would not see what is forbidden either. On one core no two vCPUs run at once.
  if (TEST_ENGINE === 'emulator' && availableParallelism() > 1)
    expect(notes.filter((note) => / common +0 /.test(note))).toEqual([]);
});
