import type { ConsoleChunk, ConsoleSnapshot } from '../../../src/common/contract/app-api.ts';

/**
 * Joins a console's past and its live chunks without a gap or a repeat: chunks may arrive before the snapshot they are
 * already part of.
 */
export class ConsoleFeed {
  readonly #write: (data: Uint8Array) => void;
  #early: ConsoleChunk[] | undefined = [];
  #end = 0;

  constructor(write: (data: Uint8Array) => void) {
    this.#write = write;
  }

  chunk(chunk: ConsoleChunk): void {
    if (this.#early) {
      this.#early.push(chunk);
      return;
    }
    if (chunk.start === 0) this.#end = 0; // A new run of the VM: its bytes count from zero again.
    const fresh = chunk.data.subarray(Math.max(0, this.#end - chunk.start));
    if (fresh.length > 0) this.#write(fresh);
    this.#end = Math.max(this.#end, chunk.start + chunk.data.length);
  }

  snapshot(snapshot: ConsoleSnapshot): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    this.#end = snapshot.end;
    if (snapshot.data.length > 0) this.#write(snapshot.data);
    for (const chunk of early) if (chunk.start + chunk.data.length > snapshot.end) this.chunk(chunk);
  }
}
