// Power states of the vCPUs as PSCI tells of them: what they sleep in and for how long, who decides, and the way up.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { at, ConformanceGuest, OP, PLACE, Script, type Value } from '../helpers/conformance-guest.ts';
import { CODE } from '../helpers/psci-model.ts';

const CPU_SUSPEND = 0xc400_0001n;
const CPU_OFF = 0x8400_0002n;
const CPU_ON = 0xc400_0003n;
const AFFINITY_INFO = 0xc400_0004n;
const NODE_HW_STATE = 0xc400_000dn;
const SET_SUSPEND_MODE = 0x8400_000fn;
const STAT_RESIDENCY = 0xc400_0010n;
const STAT_COUNT = 0xc400_0011n;
const [ON, OFF, STANDBY] = [0n, 1n, 2n];
/** Standby and power-down of a core, its cluster and the system, in the extended format. */
const STATES = { standby: [0x1n, 0x11n, 0x111n], powerDown: [0x4000_0003n, 0x4000_0033n, 0x4000_0333n] } as const;
const RESUMES = 'resumes';

/** A script that says what each call gives; ids count from 1. */
class Expectations {
  readonly script = new Script();
  readonly #expected: (bigint | typeof RESUMES)[] = [];

  /** The id of the call. */
  call(x: readonly Value[], expected: bigint | typeof RESUMES, more: { cpu?: number; isAsync?: boolean } = {}): number {
    const id = this.#expected.push(expected);
    this.script.add(OP.call, x, { id, cpu: more.cpu ?? 0, async: more.isAsync ?? false });
    return id;
  }

  /** Of CPU 0 that would sleep: its timer is due already. */
  suspend(state: bigint, expected: bigint | typeof RESUMES): void {
    this.script.add(OP.timer, [0n, 1n]);
    this.call([CPU_SUSPEND, state, at(PLACE.resume), 0x77n], expected);
  }

  turnOn(cpu: number, life = 1n): void {
    this.call([CPU_ON, BigInt(cpu), at(PLACE.secondary), BigInt(cpu)], CODE.success);
    this.script.add(OP.waitOnline, [BigInt(cpu), life]);
  }

  turnOff(cpu: number): void {
    this.script.add(OP.call, [CPU_OFF], { cpu, async: true }).add(OP.waitPower, [BigInt(cpu), OFF]);
  }

  /** CPU `cpu` sleeps until the next record for it, and the script goes on when it does. */
  asleep(cpu: number, state: bigint): void {
    const isDown = (state & 0x4000_0000n) !== 0n;
    this.call([CPU_SUSPEND, state, at(PLACE.resume), 0x88n], isDown ? RESUMES : CODE.success, { cpu, isAsync: true });
    this.script.add(OP.waitResult, [NODE_HW_STATE, BigInt(cpu), 0n, 0n, isDown ? OFF : STANDBY]);
  }

  awake(cpu: number): void {
    this.script.add(OP.delay, [0n], { cpu });
  }

  /** What came otherwise. */
  mismatches(guest: ConformanceGuest): string[] {
    const returned = new Map(guest.lines('C').map(([id, x0 = '']) => [Number(id), BigInt.asIntN(64, BigInt(x0))]));
    const resumed = new Set(guest.lines('R').map(([id]) => Number(id)));
    return this.#expected.flatMap((expected, i) => {
      const result = resumed.has(i + 1) ? RESUMES : returned.get(i + 1);
      return result === expected ? [] : [`call ${i + 1}: ${result}, expected ${expected}`];
    });
  }
}

test('a core that sleeps or is off is counted, with the time that it takes', async () => {
  const SLEPT_MS = 30;
  const all = new Expectations();
  const figures: { asleep: number; after: number; again: number }[] = [];
  // A cold boot has used nothing; then each way to sleep once, and the way that CPU_OFF goes.
  for (const state of [...STATES.standby, ...STATES.powerDown])
    for (const cpu of [0n, 1n, 2n])
      for (const figure of [STAT_COUNT, STAT_RESIDENCY, STAT_COUNT - 0x4000_0000n, STAT_RESIDENCY - 0x4000_0000n])
        all.call([figure, cpu, state], 0n);
  all.turnOn(1);
  for (const [uses, state] of [0x1n, 0x4000_0003n].entries()) {
    all.asleep(1, state);
    all.call([AFFINITY_INFO, 1n, 0n], ON);
    all.call([NODE_HW_STATE, 1n, 0n], uses === 0 ? STANDBY : OFF);
    all.call([NODE_HW_STATE, 1n, 1n], ON);
    all.script.add(OP.host);
    const asleep = all.call([STAT_RESIDENCY, 1n, state], 'resumes');
    all.awake(1);
    all.call([NODE_HW_STATE, 1n, 0n], ON);
    all.call([STAT_COUNT, 1n, state], 1n);
    all.call([STAT_COUNT - 0x4000_0000n, 1n, state], 1n);
    const after = all.call([STAT_RESIDENCY, 1n, state], 'resumes');
    const again = all.call([STAT_RESIDENCY, 1n, state], 'resumes');
    figures.push({ asleep, after, again });
  }
  all.turnOff(1);
  all.call([NODE_HW_STATE, 1n, 0n], OFF);
  all.call([STAT_COUNT, 1n, 0x4000_0003n], 2n);
  all.call([STAT_COUNT, 1n, 0x1n], 1n);
  // Its cluster and the system ran all the time: CPU 0 asked.
  for (const state of [...STATES.standby.slice(1), ...STATES.powerDown.slice(1)])
    for (const figure of [STAT_COUNT, STAT_RESIDENCY]) all.call([figure, 1n, state], 0n);
  for (const figure of [STAT_COUNT, STAT_RESIDENCY]) all.call([figure, 2n, 0x4000_0003n], 0n);

  const guest = await ConformanceGuest.run(all.script, {}, () => sleep(SLEPT_MS));
  try {
    const results = new Map(guest.lines('C').map(([id, x0 = '']) => [Number(id), Number(BigInt(x0))]));
    const timed = figures.flatMap(Object.values) as number[];
    expect(all.mismatches(guest).filter((text) => !timed.some((id) => text.startsWith(`call ${id}:`)))).toEqual([]);
    for (const { asleep, after, again } of figures) {
      const [first = 0, second = 0, third = 0] = [asleep, after, again].map((id) => results.get(id));
      // Microseconds; timers of the host may be a little early by the guest's clock.
      expect(first).toBeGreaterThan(SLEPT_MS * 900);
      expect(second).toBeGreaterThanOrEqual(first);
      expect(third).toBe(second);
      expect(third).toBeLessThan(Number(guest.machine.stats().guestTimeNs) / 1000);
    }
  } finally {
    await guest.close();
  }
});

test('in OS-initiated mode the last core to sleep asks for the others', async () => {
  const { success, denied, invalidParameters } = CODE;
  const [cluster, system] = [1, 2];
  const all = new Expectations();
  const suspend = (kind: keyof typeof STATES, level: number, expected: bigint | typeof RESUMES) =>
    all.suspend(STATES[kind][level] ?? 0n, expected);
  all.turnOn(1);
  // Nobody has called CPU_SUSPEND: the mode may be chosen, also the one that there is.
  for (const mode of [0n, 1n, 1n]) all.call([SET_SUSPEND_MODE, mode], success);
  all.call([SET_SUSPEND_MODE, 2n], invalidParameters);
  suspend('standby', 0, success);
  suspend('powerDown', 0, RESUMES);
  // CPU 1 runs.
  for (const level of [cluster, system]) {
    suspend('standby', level, denied);
    suspend('powerDown', level, denied);
  }
  // CPU 1 keeps its context, so the cluster cannot lose it.
  all.asleep(1, STATES.standby[0]);
  suspend('standby', cluster, success);
  suspend('standby', system, success);
  suspend('powerDown', cluster, invalidParameters);
  suspend('powerDown', system, invalidParameters);
  all.awake(1);
  all.asleep(1, STATES.powerDown[0]);
  suspend('standby', cluster, success);
  suspend('powerDown', cluster, RESUMES);
  suspend('powerDown', system, RESUMES);
  // Back to the platform's mode only when every other core is off.
  all.call([SET_SUSPEND_MODE, 0n], denied);
  all.awake(1);
  all.call([SET_SUSPEND_MODE, 0n], denied);
  all.turnOff(1);
  suspend('powerDown', system, RESUMES);
  all.call([SET_SUSPEND_MODE, 0n], success);
  // Since the mode has changed nobody has called CPU_SUSPEND; once somebody has, it stays.
  all.call([SET_SUSPEND_MODE, 1n], success);
  all.call([SET_SUSPEND_MODE, 0n], success);
  all.turnOn(1, 2n);
  // Coordinated by the platform, a request is an upper bound.
  suspend('standby', system, success);
  suspend('powerDown', system, RESUMES);
  all.call([SET_SUSPEND_MODE, 1n], denied);

  const guest = await ConformanceGuest.run(all.script);
  try {
    expect(all.mismatches(guest)).toEqual([]);
  } finally {
    await guest.close();
  }
});

test('a cluster and the system sleep when their last core does, and their time is counted', async () => {
  const all = new Expectations();
  all.turnOn(1);
  all.asleep(1, STATES.standby[2]);
  all.suspend(STATES.standby[2], CODE.success);
  all.suspend(STATES.standby[1], CODE.success);
  all.suspend(STATES.standby[0], CODE.success);
  // Each core three times or once; the cluster when both ask for it; the system when CPU 2, which is off, does not mind.
  all.call([STAT_COUNT, 0n, STATES.standby[0]], 3n);
  all.call([STAT_COUNT, 1n, STATES.standby[0]], 1n);
  for (const cpu of [0n, 1n, 2n]) {
    all.call([STAT_COUNT, cpu, STATES.standby[1]], 2n);
    all.call([STAT_COUNT, cpu, STATES.standby[2]], 1n);
    all.call([STAT_COUNT, cpu, STATES.powerDown[1]], 0n);
  }
  all.awake(1);
  all.call([STAT_COUNT, 1n, STATES.standby[2]], 1n);
  const guest = await ConformanceGuest.run(all.script);
  try {
    expect(all.mismatches(guest)).toEqual([]);
  } finally {
    await guest.close();
  }
});

test('a CPU that has been turned on is pending until it runs, for AFFINITY_INFO and for CPU_ON', async () => {
  const script = new Script().add(OP.seePending, [1n, 1000n]);
  const guest = await ConformanceGuest.run(script);
  try {
    const [rounds, byAffinity, byCpuOn, wrong] = guest.lines('P')[0]?.slice(1).map(Number) ?? [];
    expect({
      rounds: (rounds ?? 0) > 0,
      byAffinity: (byAffinity ?? 0) > 0,
      byCpuOn: (byCpuOn ?? 0) > 0,
      wrong,
    }).toEqual({
      rounds: true,
      byAffinity: true,
      byCpuOn: true,
      wrong: 0,
    });
  } finally {
    await guest.close();
  }
});
