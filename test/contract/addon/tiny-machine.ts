import { fileURLToPath } from 'node:url';
import type { Machine, MachineConfig, MachineEvent } from '../../../binding/index.js';
import { createMachine } from '../../../binding/index.js';
import { TEST_ENGINE } from '../../helpers/engine.ts';

export const TINY = fileURLToPath(new URL('../../../resources/guests/tiny/tiny.Image', import.meta.url));

export function tinyConfig(changes: Partial<MachineConfig> = {}): MachineConfig {
  return { engine: TEST_ENGINE, cpus: 1, memoryBytes: 64 * 2 ** 20, kernel: TINY, ...changes };
}

export type Ended = Extract<MachineEvent, { kind: 'ended' }>;

// A machine with our tiny guest and everything it said so far.
export class TinyMachine {
  readonly machine: Machine;
  readonly events: MachineEvent[] = [];
  readonly ended: Promise<Ended>;
  console = '';
  readonly #decoder = new TextDecoder();
  readonly #watchers = new Set<() => void>();

  constructor(changes: Partial<MachineConfig> = {}) {
    let settle: (event: Ended) => void = () => undefined;
    this.ended = new Promise((resolve) => {
      settle = resolve;
    });
    this.machine = createMachine(tinyConfig(changes), (event) => {
      this.events.push(event);
      if (event.kind === 'console') this.console += this.#decoder.decode(event.data, { stream: true });
      if (event.kind === 'ended') settle(event);
      for (const watcher of this.#watchers) watcher();
    });
  }

  // Resolves once the console has `text` at or after `from`; rejects after 30 s with what it has instead.
  shows(text: string, from = 0): Promise<void> {
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => {
        finish();
        reject(
          new Error(
            `The console does not show ${JSON.stringify(text)}, it ends ${JSON.stringify(this.console.slice(-300))}`,
          ),
        );
      }, 30_000);
      const finish = () => {
        clearTimeout(limit);
        this.#watchers.delete(look);
      };
      const look = () => {
        if (!this.console.includes(text, from)) return;
        finish();
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  async ready(): Promise<this> {
    await this.shows('tiny> ');
    return this;
  }

  // Types a line and waits for the prompt after its output, which it returns.
  async command(line: string): Promise<string> {
    const from = this.console.length;
    this.type(`${line}\n`);
    await this.shows('tiny> ', from);
    return this.console.slice(from);
  }

  type(text: string): void {
    this.machine.consoleWrite(new TextEncoder().encode(text));
  }

  static async started(changes: Partial<MachineConfig> = {}): Promise<TinyMachine> {
    const tiny = new TinyMachine(changes);
    tiny.machine.start();
    return tiny.ready();
  }
}
