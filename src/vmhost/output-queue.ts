/**
 * Console output on its way to the manager: one message under way at a time, and behind it at most `capacity` bytes. When
 * the manager does not read, the oldest bytes are lost, as on a real serial line, and a line says how many. So neither a
 * guest that floods its console nor a slow reader costs unbounded memory.
 */
export class OutputQueue {
  static readonly CAPACITY = 1 << 20;

  readonly #send: (data: Uint8Array) => Promise<void>;
  readonly #capacity: number;
  #waiting: Uint8Array[] = [];
  #bytes = 0;
  #lost = 0;
  #sending: Promise<void> | undefined;

  /** @param send resolves when the other end has taken the bytes; it never rejects. */
  constructor(send: (data: Uint8Array) => Promise<void>, capacity = OutputQueue.CAPACITY) {
    this.#send = send;
    this.#capacity = capacity;
  }

  push(data: Uint8Array): void {
    this.#waiting.push(data);
    this.#bytes += data.length;
    while (this.#bytes > this.#capacity) {
      const dropped = this.#waiting.shift()?.length ?? 0;
      this.#bytes -= dropped;
      this.#lost += dropped;
    }
    this.#sending ??= this.#run();
  }

  /** Resolves when everything that was pushed has been sent. */
  async flushed(): Promise<void> {
    await this.#sending;
  }

  async #run(): Promise<void> {
    while (this.#bytes > 0 || this.#lost > 0) {
      const parts = this.#waiting;
      if (this.#lost > 0)
        parts.unshift(new TextEncoder().encode(`\r\n[${this.#lost} bytes of output lost: nobody read them]\r\n`));
      this.#waiting = [];
      this.#bytes = 0;
      this.#lost = 0;
      await this.#send(Buffer.concat(parts));
    }
    this.#sending = undefined;
  }
}
