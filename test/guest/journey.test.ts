// A guest that checks itself is saved again and again, and goes on each time in another machine as if nothing had been.
import { expect, onTestFinished, test } from 'vitest';
import { CheckerGuest, checkTally, journey, type Stop } from '../helpers/checker-guest.ts';
import { TEST_ENGINE } from '../helpers/engine.ts';
import { draws } from '../helpers/mapper-guest.ts';

const SAVES = 12;
const SEED = 20261121;
/** From each to each. */
const TIERS = TEST_ENGINE === 'emulator' ? (['on', 'on', 'off', 'off'] as const) : [];
test.each([1, 2, 4])(`${SAVES} saves of a guest with %d CPUs, at random moments, JIT on and off`, async (cpus) => {
  const stops = Array.from({ length: SAVES + 1 }, (_, index): Stop => {
    const jit = TIERS[index % TIERS.length];
    return { engine: TEST_ENGINE, changes: { cpus, ...(jit && { jit }) } };
  });
  const { guest } = await journey(stops, 16, draws(SEED + cpus));
  onTestFinished(() => guest.machine.close());
  await checkTally(guest, cpus);
});

test('another counter frequency comes along, and stays until the guest is started anew', async () => {
  const changes = { cpus: 2 };
  const slow: Stop = { engine: 'emulator', changes: { ...changes, counterFrequencyHz: 24_000_000 } };
  const usual: Stop = { engine: 'emulator', changes };
  const fast: Stop = { engine: 'emulator', changes: { ...changes, counterFrequencyHz: 1_000_000_000 } };
  const { guest, adapted } = await journey([slow, usual, fast, slow], 8, draws(SEED));
  onTestFinished(() => guest.machine.close());
  expect(adapted).toEqual([
    'CNTFRQ_EL0 is 24000000 Hz, this machine counts at 1000000000 Hz until then and takes that over.',
    'CNTFRQ_EL0 is 24000000 Hz, this machine counts at 62500000 Hz until then and takes that over.',
  ]);
  expect((await guest.tally()).frequency).toBe(24_000_000);
  await checkTally(guest, 2);
});

test('the guest sees damage', async () => {
  const guest = await CheckerGuest.started({ engine: TEST_ENGINE });
  onTestFinished(() => guest.machine.close());
  await guest.goesOn(8);
  guest.type('x');
  await guest.until(() => guest.failure !== undefined, 'a failed check');
  expect(guest.failure).toMatch(/^FAIL on CPU 0 in round \d+: memory: expected 0x[0-9a-f]+, found 0x[0-9a-f]+/);
});
