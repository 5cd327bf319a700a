// A system-wide call that the host refuses leaves the guest as it was: as the guest itself sees it, and by the saved state
// of the whole machine.
import { expect, test, vi } from 'vitest';
import type { MachineConfig, SystemCall } from '../../binding/index.js';
import { at, ConformanceGuest, OP, PLACE, Script, type Value } from '../helpers/conformance-guest.ts';
import { sdeiId } from '../helpers/sdei-model.ts';
import { StateTrace } from '../helpers/state-trace.ts';

const CALLS: readonly (readonly [name: SystemCall, x: readonly Value[], result: bigint])[] = [
  ['SYSTEM_OFF', [0x8400_0008n], -6n],
  ['SYSTEM_RESET', [0x8400_0009n], -6n],
  ['SYSTEM_RESET2', [0xc400_0012n, 0n, 0n], -6n],
  ['SYSTEM_OFF2', [0xc400_0015n, 1n, 0n], -6n],
  ['SYSTEM_SUSPEND', [0xc400_000en, at(PLACE.resume), 5n], -3n],
];
const [HARMLESS, CALL] = [1, 2];
const CALLS_IN_A_ROUND = 8;

test.each(CALLS)('a refused %s leaves no trace that the guest can see', async (name, x, result) => {
  const script = new Script().add(OP.state, [], { id: 1 });
  for (let id = 10; id < 20; id++) script.add(OP.call, x, { id, conduit: id % 2 });
  script.add(OP.state, [], { id: 2 });
  const guest = await ConformanceGuest.run(script, { cpus: 1, policy: { [name]: 'deny' } });
  try {
    const results = guest.lines('C').map(([, x0 = '', changed]) => [BigInt.asIntN(64, BigInt(x0)), changed]);
    expect(results).toEqual(Array.from({ length: 10 }, () => [result, '0x0']));
    const [before, after] = guest.lines('S');
    expect(before?.slice(1)).toHaveLength(4);
    expect(after?.slice(1)).toEqual(before?.slice(1));
    expect(guest.machine.stats().resets).toBe(0);
  } finally {
    await guest.close();
  }
});

/** A guest with something to lose in every part: SDEI, timers, interrupts, power states, protected memory. */
function busyGuest(name: SystemCall, x: readonly Value[], changes: Partial<MachineConfig>): ConformanceGuest {
  const script = new Script();
  // SYSTEM_SUSPEND asks the host only when every other CPU is off.
  if (name !== 'SYSTEM_SUSPEND')
    script.add(OP.call, [0xc400_0003n, 1n, at(PLACE.secondary), 1n]).add(OP.waitOnline, [1n, 1n]);
  script
    .add(OP.call, [0x8400_0013n, 1n]) // MEM_PROTECT
    .add(OP.call, [sdeiId('EVENT_REGISTER'), 0x4000_0001n, at(PLACE.handler), 7n, 0n, 0n])
    .add(OP.call, [sdeiId('EVENT_ENABLE'), 0x4000_0001n])
    .add(OP.call, [sdeiId('EVENT_SIGNAL'), 0n, 0n]) // stays pending
    .add(OP.poke, [0x43f0_0000n, 0x1234_5678n])
    .add(OP.timer, [3_600_000_000n, 1n])
    .add(OP.host, [], { id: 1 })
    .add(OP.quiet, x);
  return new ConformanceGuest(script, { sdeiEvents: [0x4000_0001], ...changes });
}

const RULES = ['deny', 'ask'] as const;

test.each(RULES.flatMap((rule) => CALLS.map((call) => [rule, ...call] as const)))(
  'by the rule %s, a refused %s leaves the saved state of the machine as it was',
  async (rule, name, x, result) => {
    const guest = busyGuest(name, x, { policy: { [name]: rule }, policyTimeoutMs: 120_000 });
    const { machine } = guest;
    try {
      machine.start();
      await guest.shows('X 1 ');
      const round = async (byte: number) => {
        const since = (machine.firmwareTrace().at(-1)?.sequence ?? -1n) + 1n;
        machine.consoleWrite(Uint8Array.of(byte));
        const made = () => machine.firmwareTrace(since).filter((call) => call.result !== null);
        let answered = guest.events.length;
        await vi.waitUntil(
          () => {
            for (const event of guest.events.slice(answered))
              if (event.kind === 'policy') machine.answerPolicy(event.id, 'deny');
            answered = guest.events.length;
            return made().length >= CALLS_IN_A_ROUND;
          },
          { timeout: 60_000, interval: 1 },
        );
        return made().map((call) => [call.functionName, call.result]);
      };
      await vi.waitUntil(() => machine.firmwareTrace().length > 0, { timeout: 60_000 });
      await round(HARMLESS);
      const trace = await StateTrace.learn(machine, 20);
      await round(HARMLESS);
      expect(await trace.settled()).toEqual([]);

      for (let i = 0; i < 3; i++) {
        expect(await round(CALL)).toEqual(Array.from({ length: CALLS_IN_A_ROUND }, () => [name, result]));
        expect(await trace.settled()).toEqual([]);
      }

      const questions = guest.events.filter((event) => event.kind === 'policy');
      expect(questions).toHaveLength(rule === 'ask' ? 3 * CALLS_IN_A_ROUND : 0);
      expect(trace.compared).toBeGreaterThan(100_000);
      expect(machine.stats()).toMatchObject({ state: 'running', resets: 0, lastReset: null });
    } finally {
      await guest.close();
    }
  },
);

test('a call that is served leaves a trace, so the comparison can fail', async () => {
  const guest = busyGuest('SYSTEM_OFF', [0x8400_0013n, 0n], {}); // MEM_PROTECT
  try {
    guest.machine.start();
    await vi.waitUntil(() => guest.machine.firmwareTrace().length > 4, { timeout: 60_000 });
    await guest.shows('X 1 ');
    const trace = await StateTrace.learn(guest.machine, 20);
    guest.machine.consoleWrite(Uint8Array.of(CALL));
    await vi.waitUntil(() => guest.machine.firmwareTrace().length > 12, { timeout: 60_000 });
    expect(await trace.settled(10)).not.toEqual([]);
  } finally {
    await guest.close();
  }
});
