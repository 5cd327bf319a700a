import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ConformanceGuest, OP, Script } from '../helpers/conformance-guest.ts';

// DORMOUSE_HOSTILE_CALLS=10000000 is the long form.
const CALLS = Number(process.env['DORMOUSE_HOSTILE_CALLS'] ?? 5_000_000);
const SEED = BigInt(process.env['DORMOUSE_HOSTILE_SEED'] ?? 1);
const MEBIBYTE = 2 ** 20;

test(`${CALLS} random firmware calls, and handlers that fault and never complete`, { timeout: 7_200_000 }, async () => {
  const script = new Script().add(OP.hostile, [SEED, BigInt(CALLS)]);
  const guest = new ConformanceGuest(script, {
    policy: {
      SYSTEM_OFF: 'deny',
      SYSTEM_OFF2: 'deny',
      SYSTEM_RESET: 'deny',
      SYSTEM_RESET2: 'deny',
      SYSTEM_SUSPEND: 'deny',
    },
    sdeiEvents: [0x4000_0000, 0x4080_0000],
  });
  const before = process.memoryUsage().rss;
  const started = Date.now();
  // Vendor events from the host meanwhile: an ordinary one, and a critical one that interrupts handlers.
  let isOver = false;
  const inject = async () => {
    while (!isOver) {
      for (const event of [0x4000_0000, 0x4080_0000])
        await guest.machine.injectSdei(event, 'all').catch(() => undefined);
      await sleep(1);
    }
  };
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 50);
  try {
    guest.machine.start();
    void inject();
    await guest.shows('Z ', 7_000_000);
    const [calls, ...figures] = guest.lines('Z')[0]?.map(Number) ?? [];
    const grownMiB = Math.round((peak - before) / MEBIBYTE);
    const trace = guest.machine.firmwareTrace();
    console.log(
      `hostile guest: ${calls} calls of the first vCPU in ${Date.now() - started} ms; calls, faults, SDEI handlers, critical ones and those that interrupted another, by vCPU: ` +
        `${figures.join(' ')}; memory grew ${grownMiB} MiB at most; console ${guest.console.length} bytes, trace ${trace.length} entries`,
    );
    expect(calls).toBe(CALLS);
    // Guest memory is 64 MiB, all else is bounded.
    expect(grownMiB).toBeLessThan(200);
    expect(guest.console.length).toBeLessThan(4096);
    expect(trace.length).toBeLessThanOrEqual(4096);
    expect(guest.machine.stats().state).toBe('running');
    // Handlers ran, and some of them faulted.
    expect(figures[2]).toBeGreaterThan(0);
    expect(figures[1]).toBeGreaterThan(0);
    // Critical ones came, some of them out of another handler.
    expect(figures[3]).toBeGreaterThan(0);
    expect(figures[4]).toBeGreaterThan(0);
  } finally {
    isOver = true;
    clearInterval(watch);
    await guest.close();
  }
});
