import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { EngineName, MachineConfig } from '../../binding/index.js';
import { LineGuest } from './line-guest.ts';
import { temporaryFolder } from './temporary-folder.ts';

const IMAGE = fileURLToPath(new URL('../../resources/guests/checker/checker.Image', import.meta.url));

/** Where a guest goes on, and of what kind the machine there is. */
export interface Stop {
  readonly engine: EngineName;
  readonly changes?: Partial<MachineConfig>;
}

/** What the guest has counted, when its CPUs stood between two rounds. */
export interface Tally {
  readonly rounds: number;
  readonly ticks: number;
  readonly sgis: number;
  readonly events: number;
  readonly cycles: number;
  readonly counter: number;
  readonly frequency: number;
}

/** A machine with the guest that checks itself. */
export class CheckerGuest extends LineGuest {
  constructor({ engine, changes }: Stop) {
    super({ engine, cpus: 1, memoryBytes: 32 * 2 ** 20, kernel: IMAGE, seed: 1, ...changes });
  }

  static async started(stop: Stop): Promise<CheckerGuest> {
    const guest = new CheckerGuest(stop);
    guest.machine.start();
    await guest.shows('checker ');
    return guest;
  }

  /** What it has found wrong, and what it did not expect. Nothing is missed: a guest that fails goes on no more. */
  get failure(): string | undefined {
    return /(FAIL|EXCEPTION)[^]*/.exec(this.console)?.[0];
  }

  /** How many rounds the slowest CPU has told of; 0: it said nothing yet. */
  get rounds(): number {
    return Number([...this.console.matchAll(/^R (\d+)\r$/gm)].at(-1)?.[1] ?? 0);
  }

  /** Waits until each CPU has done so many rounds in this machine, after the first that it tells of. */
  async goesOn(rounds: number): Promise<void> {
    const here = () => this.failure !== undefined || this.rounds > 0;
    await this.until(here, 'a round');
    const until = this.rounds + rounds;
    await this.until(() => this.failure !== undefined || this.rounds >= until, `round ${until}`);
    expect(this.failure).toBeUndefined();
  }

  async tally(): Promise<Tally> {
    const words = (await this.ask('t', 'T ')).split(' ');
    const number = (name: string) => Number(words[words.indexOf(name) + 1]);
    const [rounds, ticks, sgis, events] = [number('rounds'), number('ticks'), number('sgis'), number('events')];
    return {
      rounds,
      ticks,
      sgis,
      events,
      cycles: number('cycles'),
      counter: number('counter'),
      frequency: number('frequency'),
    };
  }
}

/** How far guest time and the guest's own counter may be apart: they are stopped and started one after the other. */
const SLACK_SECONDS = 2;

/** What the guest has counted must be possible. */
export async function checkTally(guest: CheckerGuest, cpus: number): Promise<void> {
  const before = Number(guest.machine.stats().guestTimeNs) / 1e9;
  const tally = await guest.tally();
  const after = Number(guest.machine.stats().guestTimeNs) / 1e9;
  const seconds = tally.counter / tally.frequency;
  expect(seconds).toBeGreaterThan(before - SLACK_SECONDS);
  expect(seconds).toBeLessThan(after + SLACK_SECONDS);
  expect(tally.rounds).toBeGreaterThanOrEqual(guest.rounds * cpus);
  expect(tally.ticks).toBeGreaterThan(0);
  expect(tally.sgis).toBeGreaterThan(0);
  expect(tally.events).toBe(tally.sgis);
  if (cpus > 1) expect(tally.cycles).toBeGreaterThan(0);
}

/** How a journey went. */
export interface Journey {
  readonly guest: CheckerGuest;
  /** Reasons of the findings of all preflights that were no refusals, each once. */
  readonly adapted: readonly string[];
}

/**
 * Starts a guest at the first stop, saves it at a random moment, goes on at the next stop, and so on. At each it does
 * `rounds` rounds; what the last machine was is the caller's to close.
 */
export async function journey(
  stops: readonly Stop[],
  rounds: number,
  draw: (below: number) => number,
): Promise<Journey> {
  const file = path.join(temporaryFolder(), 'checker.state');
  const adapted = new Set<string>();
  let guest: CheckerGuest | undefined;
  for (const stop of stops) {
    const from: CheckerGuest | undefined = guest;
    if (from) {
      await randomMoment(draw);
      // From a pause, or while it runs: it stands still meanwhile either way.
      if (draw(2) === 0) await from.machine.pause();
      await from.machine.saveState(file);
      guest = await goesOnAt(stop, file, from, adapted);
    } else {
      guest = await CheckerGuest.started(stop);
    }
    await guest.goesOn(rounds);
  }
  if (!guest) throw new Error('a journey needs stops');
  return { guest, adapted: [...adapted].sort() };
}

async function goesOnAt(stop: Stop, file: string, from: CheckerGuest, adapted: Set<string>): Promise<CheckerGuest> {
  const { state, guestTimeNs } = from.machine.stats();
  const told = from.rounds;
  await from.machine.close();
  expect(from.failure).toBeUndefined();
  const guest = new CheckerGuest(stop);
  const { findings } = await guest.machine.preflight(file);
  expect(findings.filter(({ verdict }) => verdict === 'refused').map(({ reason }) => reason)).toEqual([]);
  for (const { reason } of findings) adapted.add(reason);
  await guest.machine.restoreState(file);
  // Guest time stood still from the pause on; from a machine that ran, it is that of the moment of saving.
  const now = guest.machine.stats().guestTimeNs;
  if (state === 'paused') expect(now).toBe(guestTimeNs);
  else expect(now).toBeLessThan(guestTimeNs);
  guest.machine.start();
  await guest.goesOn(1);
  expect(guest.rounds).toBeGreaterThanOrEqual(told);
  return guest;
}

/** So many turns of the event loop: the guest goes on meanwhile, how far is up to chance. */
async function randomMoment(draw: (below: number) => number): Promise<void> {
  const turns = draw(3000);
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}
