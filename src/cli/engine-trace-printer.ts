import type { Disposable } from '../common/base/disposable.ts';
import { EngineTraceFollower, type EngineTraceLine } from '../common/vm/engine-trace.ts';

const POLL_MS = 200;

interface TraceSource {
  traceEngine(kinds: readonly string[]): Promise<void>;
  engineTrace(since: number): Promise<EngineTraceLine[]>;
}

/** Prints what an engine does while it does it. How much that can be is bounded where it is recorded. */
export class EngineTracePrinter implements Disposable {
  readonly #source: TraceSource;
  readonly #print: (text: string) => void;
  readonly #follower = new EngineTraceFollower();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #reading: Promise<void> = Promise.resolve();
  #over = false;

  constructor(source: TraceSource, print: (text: string) => void) {
    this.#source = source;
    this.#print = print;
  }

  async begin(kinds: readonly string[]): Promise<void> {
    await this.#source.traceEngine(kinds);
    this.#poll();
  }

  /** Prints the rest. */
  async finish(): Promise<void> {
    this.dispose();
    await this.#reading;
    await this.#read();
  }

  dispose(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }

  #poll(): void {
    this.#timer = setTimeout(() => {
      this.#reading = this.#read().then(() => {
        if (!this.#over) this.#poll();
      });
    }, POLL_MS);
  }

  async #read(): Promise<void> {
    const lines = await this.#source.engineTrace(this.#follower.since).catch(() => []); // Its host may just be gone.
    for (const text of this.#follower.take(lines)) this.#print(`${text}\n`);
  }
}
