/** Keeps console input that the guest's bounded queue had no room for, and hands it on as room appears. */
export class InputQueue {
  /** More than any paste; beyond it input is dropped rather than hoarded. */
  static readonly CAPACITY = 1 << 20;
  static readonly RETRY_MS = 20;

  readonly #write: (data: Uint8Array) => number;
  readonly #waiting: Uint8Array[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param write takes as many bytes as it has room for and returns their number. */
  constructor(write: (data: Uint8Array) => number) {
    this.#write = write;
  }

  push(data: Uint8Array): void {
    if (this.#bytes + data.length > InputQueue.CAPACITY) return;
    this.#waiting.push(data);
    this.#bytes += data.length;
    this.#drain();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#waiting.length = 0;
    this.#bytes = 0;
  }

  #drain(): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const taken = this.#write(first);
      this.#bytes -= taken;
      if (taken < first.length) {
        this.#waiting[0] = first.subarray(taken);
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => {
          this.#drain();
        }, InputQueue.RETRY_MS);
        return;
      }
      this.#waiting.shift();
    }
  }
}
