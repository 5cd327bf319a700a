import type { Machine, MachineConfig, MachineEvent } from '../../binding/index.js';
import { createMachine } from '../../binding/index.js';

/** A machine whose guest writes lines, and what it said so far. */
export class LineGuest {
  readonly machine: Machine;
  readonly events: MachineEvent[] = [];
  console = '';
  readonly #decoder = new TextDecoder();
  #wake: () => void = () => undefined;

  constructor(config: MachineConfig) {
    this.machine = createMachine(config, (event) => {
      this.events.push(event);
      if (event.kind === 'console') this.console += this.#decoder.decode(event.data, { stream: true });
      this.#wake();
    });
  }

  type(keys: string): void {
    this.machine.consoleWrite(new TextEncoder().encode(keys));
  }

  get ended(): Extract<MachineEvent, { kind: 'ended' }> | undefined {
    return this.events.find((event) => event.kind === 'ended');
  }

  /** How many lines begin like this. */
  count(start: string): number {
    return this.console.split(/\r?\n/).filter((line) => line.startsWith(start)).length;
  }

  /** Waits until `times` whole lines begin like this. @returns the last of them; @throws when the machine ends first, or after two minutes */
  async shows(start: string, times = 1): Promise<string> {
    const lines = (): string[] =>
      this.console
        .split('\r\n')
        .slice(0, -1)
        .filter((line) => line.startsWith(start));
    await this.until(() => lines().length >= times, `${times} lines "${start}"`);
    return lines().at(-1) ?? '';
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    const limit = Date.now() + 120_000;
    while (!condition()) {
      if (this.ended)
        throw new Error(`the machine ended before ${what}: ${this.ended.message}\n${this.console.slice(-600)}`);
      if (Date.now() > limit) throw new Error(`not in time: ${what}\n${this.console.slice(-600)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 200);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Sends a key and waits for the next line that begins like this. */
  async ask(key: string, start: string): Promise<string> {
    const before = this.count(start);
    this.type(key);
    return this.shows(start, before + 1);
  }
}
