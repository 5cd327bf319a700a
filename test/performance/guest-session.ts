import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Emulator, GuestFiles } from './emulators.ts';

const counts = z.record(z.string(), z.number());
const statsSchema = z.object({ instructionsRetired: z.number(), exits: counts, counters: z.array(counts) });
export type GuestStats = z.output<typeof statsSchema>;

/** A running guest with its serial console. */
export class GuestSession {
  readonly emulator: Emulator;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #closed: Promise<void>;
  #output = '';
  #errors = '';
  #read = 0;
  #ended = false;

  constructor(emulator: Emulator, guest: GuestFiles) {
    this.emulator = emulator;
    const [program = '', ...args] = emulator.command(guest);
    this.#child = spawn(program, args, { stdio: 'pipe' });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    this.#child.stdin.on('error', () => undefined); // The guest may end while it is being typed to.
    this.#closed = new Promise((resolve) => {
      const onEnd = () => {
        this.#ended = true;
        resolve();
      };
      this.#child.once('close', onEnd).once('error', onEnd);
    });
  }

  /** @throws Error when the program could not be started. */
  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.emulator.name} could not be started`);
    return this.#child.pid;
  }

  /** The end of what the console has shown. */
  get recentOutput(): string {
    return this.#output.slice(-800);
  }

  send(text: string): void {
    this.#child.stdin.write(text);
  }

  /**
   * Waits until the console shows `pattern` behind what was waited for before.
   * @throws Error with the end of the console when the guest ends or `limitSeconds` pass without it.
   */
  async waitFor(pattern: RegExp, limitSeconds = 120): Promise<RegExpExecArray> {
    const deadline = performance.now() + limitSeconds * 1000;
    for (;;) {
      const match = pattern.exec(this.#output.slice(this.#read));
      if (match) {
        this.#read += match.index + match[0].length;
        return match;
      }
      if (this.#ended || performance.now() > deadline) {
        const what = this.#ended ? 'ended' : `took more than ${limitSeconds} s`;
        const text = `${this.#output.slice(-1500)}\n${this.#errors.slice(-1500)}`;
        throw new Error(`${this.emulator.name} ${what} without ${String(pattern)}:\n${text}`);
      }
      await this.#nextOutput();
    }
  }

  /** What Dormouse's monitor says (Ctrl-A c, `info`). Undefined for a peer. */
  async stats(): Promise<GuestStats | undefined> {
    if (this.emulator.name !== 'dormouse') return undefined;
    const from = this.#errors.length;
    this.send('\u0001c');
    await sleep(50); // The toggle and the command must not arrive as one piece of input.
    this.send('info\r');
    for (let waited = 0; waited < 100; ++waited) {
      const json = /\{[\s\S]*\}(?=\s*\(dormouse\))/.exec(this.#errors.slice(from))?.[0];
      if (json !== undefined) {
        this.send('\u0001c');
        await sleep(50);
        return statsSchema.parse(JSON.parse(json));
      }
      await sleep(50);
    }
    throw new Error(`The monitor gave no answer: ${this.#errors.slice(from)}`);
  }

  /** Ends the guest, kindly when `farewell` makes it end by itself. */
  async close(farewell = ''): Promise<void> {
    if (farewell !== '') this.send(farewell);
    if (farewell === '') this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 15_000);
    await this.#closed;
    clearTimeout(timer);
  }

  /** Until something new has arrived, or a moment has passed. */
  async #nextOutput(): Promise<void> {
    const arrived = new AbortController();
    const wake = () => {
      arrived.abort();
    };
    this.#child.stdout.once('data', wake);
    await sleep(500, undefined, { signal: arrived.signal }).catch(() => undefined);
    this.#child.stdout.off('data', wake);
  }
}
