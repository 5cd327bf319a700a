import { expect, test } from 'vitest';
import { complaintsIn } from '../helpers/kernel-log.ts';
import { runProbe } from '../helpers/probe.ts';

test('four vCPUs show no outcome that the Arm memory model forbids, and locks guard what they should', async () => {
  const { failures, passed, notes, status, stdout } = await runProbe('6.12-cloud', 4, ['litmus', 'lock']);
  // How often a relaxed outcome appeared depends on the host's scheduler, so this is for people to read.
  console.log(notes.join('\n'));
  expect(failures).toEqual([]);
  expect(complaintsIn(stdout)).toEqual([]);
  expect(notes).toHaveLength(30);
  expect(passed).toEqual(['litmus-outcomes', 'lock-ticket', 'lock-wait-for-event', 'lock-sequence']);
  expect(status).toBe(0);
});
