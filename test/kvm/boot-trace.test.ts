// The firmware calls of a boot are those of the same boot on the emulator, which DORMOUSE_TRACE_FROM has.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { TEST_ENGINE } from '../helpers/engine.ts';
import { type BootTrace, bootTrace } from './boot-trace.ts';

const KERNEL = '6.12-cloud';
/** Boots on one and on two vCPUs. */
const EXPECTED = JSON.parse(readFileSync(process.env['DORMOUSE_TRACE_FROM'] ?? '', 'utf8')) as readonly BootTrace[];

test('a boot on one vCPU makes the same firmware calls as on the emulator, in the same order with the same results', async () => {
  const found = await bootTrace(TEST_ENGINE, KERNEL, { cpus: 1 });
  expect(found).toEqual(EXPECTED[0]);
  expect(found.calls.flat()).toContain('SDEI_VERSION() = SDEI 1.1');
});

test('a boot on two makes the same calls; which of them runs what is up to its scheduler', async () => {
  const found = await bootTrace(TEST_ENGINE, KERNEL, { cpus: 2 });
  expect(found.outcome).toBe('powered-off');
  expect(found.calls.flat().sort()).toEqual(EXPECTED[1]?.calls.flat().sort());
  expect(found.calls.flat()).toContain('CPU_OFF() = did not return');
});
