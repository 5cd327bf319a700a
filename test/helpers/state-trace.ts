import type { Machine } from '../../binding/index.js';

/** The passing of time may touch the bytes around one that it was seen to change: a counter has eight. */
const FIELD_BYTES = 8;

/**
 * Tells whether something has left a trace in the saved state of a machine: everything that its guest can see. What time
 * alone changes is learnt first, so that no byte has to be known by its name.
 */
export class StateTrace {
  readonly #machine: Machine;
  readonly #first: Uint8Array;
  readonly #byTime: Uint8Array;

  private constructor(machine: Machine, first: Uint8Array) {
    this.#machine = machine;
    this.#first = first;
    this.#byTime = new Uint8Array(first.length);
  }

  /** Learns from `samples` states of a guest for which nothing but time passes. */
  static async learn(machine: Machine, samples: number): Promise<StateTrace> {
    const trace = new StateTrace(machine, await machine.saveState());
    for (let i = 0; i < samples; i++) {
      const state = await machine.saveState();
      if (state.length !== trace.#first.length) throw new Error('time changes the size of the state');
      for (const at of trace.#differences(state))
        trace.#byTime.fill(1, Math.max(0, at - FIELD_BYTES + 1), at + FIELD_BYTES);
    }
    return trace;
  }

  #differences(state: Uint8Array): number[] {
    const all: number[] = [];
    for (let at = 0; at < state.length; at++) if (state[at] !== this.#first[at] && this.#byTime[at] === 0) all.push(at);
    return all;
  }

  /** Bytes that are compared. */
  get compared(): number {
    return this.#byTime.reduce((sum, isTime) => sum + (isTime === 0 ? 1 : 0), 0);
  }

  /**
   * Waits until the state is as at the beginning but for the time. A guest that waits is at one of few instructions, and
   * a CPU that sleeps may just be looking why it was woken: so some states are looked at.
   * @returns the positions that differ in the last of them; empty: no trace
   */
  async settled(samples = 100): Promise<number[]> {
    let differences: number[] = [];
    for (let i = 0; i < samples; i++) {
      const state = await this.#machine.saveState();
      differences = state.length === this.#first.length ? this.#differences(state) : [-1];
      if (differences.length === 0) return [];
    }
    return differences;
  }
}
