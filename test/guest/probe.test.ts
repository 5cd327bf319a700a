import { expect, test } from 'vitest';
import { complaintsIn } from '../helpers/kernel-log.ts';
import { runProbe } from '../helpers/probe.ts';

// resources/guests/probe asks the processor from user space. Memory order has a test of its own: litmus.test.ts.
const GROUPS = [
  'processor',
  'fault',
  'undefined',
  'debug',
  'perf',
  'memory',
  'hammer',
  'code',
  'context',
  'time',
  'atomic',
];

test.each([
  { kernel: '6.12-cloud', cpus: 4 },
  { kernel: '7.2-cloud', cpus: 2 },
])('programs under Debian $kernel on $cpus vCPUs find the processor as it is promised', async ({ kernel, cpus }) => {
  const { failures, passed, count, status, stdout } = await runProbe(kernel, cpus, GROUPS);
  expect(failures).toEqual([]);
  expect(complaintsIn(stdout)).toEqual([]);
  expect(count).toBeGreaterThan(45);
  expect(passed).toHaveLength(count ?? -1);
  expect(status).toBe(0);
});
