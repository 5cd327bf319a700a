/** One call of the guest's firmware, decoded. 64-bit values are text: JSON and msgpack numbers do not hold them. */
export interface FirmwareCall {
  /** Counts the machine's calls from 0; a gap means that the ring has lost entries. */
  readonly sequence: number;
  /** Guest-monotonic nanoseconds. */
  readonly timeNs: number;
  readonly vcpu: number;
  /** "CPU_ON", or the id in hexadecimal when unknown. */
  readonly functionName: string;
  /** Values in hexadecimal with 0x. */
  readonly arguments: readonly { readonly name: string; readonly value: string }[];
  /** "SUCCESS", or a number in decimal; null: the call has not returned. */
  readonly result: string | null;
}

/** `open`: the call has not returned, and of some calls never will. */
export type CallOutcome = 'ok' | 'failed' | 'open';

/** Names of results that are no errors; numbers and versions are none either. */
const FINE = ['SUCCESS', 'NOT_REQUIRED'];

export function callOutcome({ result }: FirmwareCall): CallOutcome {
  if (result === null) return 'open';
  return /^[A-Z_]+$/.test(result) && !FINE.includes(result) ? 'failed' : 'ok';
}

/** 1234567890 -> "1.234567890" seconds. */
export function traceTime(timeNs: number): string {
  return (timeNs / 1e9).toFixed(9);
}

export function traceArguments(call: FirmwareCall): string {
  return call.arguments.map(({ name, value }) => `${name}=${value}`).join(', ');
}

/** "[   12.345678901] vCPU 0  CPU_ON(target_cpu=0x1) = SUCCESS" */
export function traceLine(call: FirmwareCall): string {
  const head = `[${traceTime(call.timeNs).padStart(16)}] vCPU ${String(call.vcpu).padEnd(2)}`;
  return `${head} ${call.functionName}(${traceArguments(call)})${call.result === null ? '' : ` = ${call.result}`}`;
}

/**
 * Follows a trace that is read again and again. A call comes when it is first seen and, if it had not returned by then,
 * once more when it has.
 */
export class TraceFollower {
  /** Calls that had not returned when they were last seen, by sequence. */
  readonly #open = new Map<number, FirmwareCall>();
  #next = 0;

  /** What to ask for: calls from this sequence on. */
  get since(): number {
    return Math.min(this.#next, ...this.#open.keys());
  }

  /** @returns the calls that are new, or have returned since. */
  take(calls: readonly FirmwareCall[]): FirmwareCall[] {
    const news = calls.filter((call) => call.sequence >= this.#next || (this.#isOpen(call) && call.result !== null));
    for (const call of calls) {
      // A vCPU makes one call at a time: with its next one, the one before is over.
      for (const [sequence, older] of this.#open)
        if (sequence < call.sequence && older.vcpu === call.vcpu) this.#open.delete(sequence);
      if (call.result === null && (call.sequence >= this.#next || this.#isOpen(call)))
        this.#open.set(call.sequence, call);
      else this.#open.delete(call.sequence);
      this.#next = Math.max(this.#next, call.sequence + 1);
    }
    const oldest = calls[0]?.sequence;
    if (oldest !== undefined)
      for (const sequence of this.#open.keys()) if (sequence < oldest) this.#open.delete(sequence);
    return news;
  }

  #isOpen(call: FirmwareCall): boolean {
    return this.#open.has(call.sequence);
  }
}
