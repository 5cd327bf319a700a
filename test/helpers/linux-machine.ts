import { expect, onTestFinished, vi } from 'vitest';
import { createMachine, type Machine, type MachineConfig, type MachineState } from '../../binding/index.js';
import type { DebianGuest } from './debian.ts';
import { TEST_ENGINE } from './engine.ts';

/** On KVM the processor is an emulated one, which emulates EL2 besides. */
const PATIENCE = { timeout: TEST_ENGINE === 'kvm' ? 900_000 : 240_000, interval: 10 };

/** A Debian guest on a machine of this process: its console, and what the machine itself says. Closed with the test. */
export class LinuxMachine {
  readonly machine: Machine;
  text = '';
  state: MachineState = 'created';
  outcome: string | undefined;
  readonly #decoder = new TextDecoder();
  #heard = 0;

  /** @param isStarted false: something else is to be done with it first */
  constructor(guest: DebianGuest, changes: Partial<MachineConfig> = {}, isStarted = true) {
    this.machine = createMachine(
      {
        engine: TEST_ENGINE,
        cpus: 2,
        memoryBytes: 512 * 2 ** 20,
        kernel: guest.kernel,
        initrd: guest.initrd,
        commandLine: 'console=ttyAMA0',
        ...changes,
      },
      (event) => {
        if (event.kind === 'console') this.text += this.#decoder.decode(event.data, { stream: true });
        if (event.kind === 'state') this.state = event.state;
        if (event.kind === 'ended') this.outcome = event.outcome;
      },
    );
    onTestFinished(() => this.machine.close());
    if (isStarted) this.machine.start();
  }

  type(line: string): void {
    this.machine.consoleWrite(Buffer.from(`${line}\n`));
  }

  /** Waits for the guest's next text that matches, behind what was heard before. */
  async heard(pattern: RegExp): Promise<RegExpExecArray> {
    const found = await vi.waitUntil(() => {
      const match = pattern.exec(this.text.slice(this.#heard));
      if (match === null && this.outcome !== undefined)
        throw new Error(`The guest ended (${this.outcome}) without ${pattern}:\n${this.text.slice(-3000)}`);
      return match;
    }, PATIENCE);
    this.#heard += found.index + found[0].length;
    return found;
  }

  async reaches(state: MachineState): Promise<void> {
    await vi.waitUntil(() => this.state === state, PATIENCE);
  }

  async ends(outcome: string): Promise<void> {
    await vi.waitUntil(() => this.outcome !== undefined, PATIENCE);
    expect(this.outcome).toBe(outcome);
  }

  /** Waits until this many milliseconds of the guest's own time have passed. */
  async passes(milliseconds: number): Promise<void> {
    const end = this.machine.stats().guestTimeNs + BigInt(milliseconds) * 1_000_000n;
    await vi.waitUntil(() => this.machine.stats().guestTimeNs >= end, PATIENCE);
  }
}
