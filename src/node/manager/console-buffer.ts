/** The newest bytes of a console, at most `capacity`, with a running count of all that ever came. */
export class ConsoleBuffer {
  readonly #capacity: number;
  #chunks: Uint8Array[] = [];
  #kept = 0;
  #end = 0;

  constructor(capacity = 1 << 20) {
    this.#capacity = capacity;
  }

  /** Number of bytes since the buffer was made. */
  get end(): number {
    return this.#end;
  }

  /** Appends; returns the count before the new bytes. */
  push(data: Uint8Array): number {
    const start = this.#end;
    this.#chunks.push(data);
    this.#kept += data.length;
    this.#end += data.length;
    // Whole chunks go, so that dropping costs nothing; one chunk larger than everything is cut.
    while (this.#chunks.length > 1 && this.#kept - (this.#chunks[0]?.length ?? 0) >= this.#capacity)
      this.#kept -= this.#chunks.shift()?.length ?? 0;
    return start;
  }

  snapshot(): Uint8Array {
    const all = new Uint8Array(this.#kept);
    let offset = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, offset);
      offset += chunk.length;
    }
    this.#chunks = [all];
    return all.slice(Math.max(0, all.length - this.#capacity));
  }
}
