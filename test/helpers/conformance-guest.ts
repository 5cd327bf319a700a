import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Machine, MachineConfig, MachineEvent } from '../../binding/index.js';
import { createMachine } from '../../binding/index.js';
import { recordCells } from './cells.ts';
import { ReportReader } from './conformance-report.ts';
import { TEST_ENGINE } from './engine.ts';

const IMAGE = fileURLToPath(new URL('../../resources/guests/conformance/conformance.Image', import.meta.url));

/** As in resources/guests/conformance/conformance.h. */
export const OP = {
  end: 0,
  call: 1,
  leave: 2,
  waitHandler: 3,
  host: 4,
  state: 5,
  timer: 6,
  waitOnline: 7,
  delay: 8,
  hostile: 9,
  measure: 10,
  repeat: 11,
  latency: 12,
  waitPower: 13,
  inHandler: 14,
  peek: 15,
  poke: 16,
  waitResult: 17,
  quiet: 18,
  seePending: 19,
  blocks: 20,
} as const;
export const PLACE = {
  none: 0,
  secondary: 1,
  resume: 2,
  handler: 3,
  resumePoint: 4,
  image: 5,
  relativeHandler: 6,
  autoHandler: 7,
} as const;
export const CONDUITS = ['HVC', 'SMC', 'HVC #1', 'SMC #1'] as const;

/** A register of a record: a number, or an address that only the guest knows, plus a number. */
export type Value = bigint | { readonly place: number; readonly plus: bigint };

export const at = (place: number, plus = 0n): Value => ({ place, plus });

/** Records for the guest, in the order of their execution. */
export class Script {
  readonly #records: Buffer[] = [];

  add(
    op: number,
    values: readonly Value[] = [],
    more: { id?: number; cpu?: number; conduit?: number; async?: boolean } = {},
  ): this {
    const record = Buffer.alloc(64);
    record.writeUInt8(op, 0);
    record.writeUInt8(more.cpu ?? 0, 1);
    record.writeUInt8(more.conduit ?? 0, 2);
    record.writeUInt8(more.async ? 1 : 0, 3);
    record.writeUInt32LE(more.id ?? 0, 4);
    for (const [i, value] of values.entries()) {
      const { place, plus } = typeof value === 'bigint' ? { place: 0, plus: value } : value;
      record.writeBigUInt64LE(BigInt.asUintN(64, plus), 8 + 8 * i);
      record.writeUInt8(place, 56 + i);
    }
    this.#records.push(record);
    return this;
  }

  /**
   * The guest collects what calls and handlers gave from here on and reports it when there is much of it: on an engine
   * that every character leaves, a long script takes a fraction of the time. Not before a call that ends the machine.
   */
  reportInBlocks(): this {
    return this.add(OP.blocks);
  }

  bytes(): Buffer {
    return Buffer.concat([...this.#records, Buffer.alloc(64)]);
  }
}

export type HostRequest = (machine: Machine, id: number, x0: bigint, x1: bigint) => Promise<void>;

/** A machine with the conformance guest, which executes the script as soon as it starts. */
export class ConformanceGuest {
  readonly machine: Machine;
  readonly events: MachineEvent[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'dormouse-conformance-'));
  readonly #report: ReportReader;
  readonly #onRequest: HostRequest | undefined;
  #wake: () => void = () => undefined;
  readonly #lines: string[] = [];
  #partial = '';
  failure: Error | undefined;

  constructor(script: Script, changes: Partial<MachineConfig> = {}, onRequest?: HostRequest) {
    this.#onRequest = onRequest;
    const initrd = join(this.#folder, 'script');
    const bytes = script.bytes();
    this.#report = new ReportReader(bytes);
    writeFileSync(initrd, bytes);
    this.machine = createMachine(
      { engine: TEST_ENGINE, cpus: 3, memoryBytes: 64 * 2 ** 20, kernel: IMAGE, initrd, seed: 1, ...changes },
      (event) => {
        if (event.kind === 'console') {
          this.#receive(event.data);
        } else {
          this.events.push(event);
          this.#wake();
        }
      },
    );
  }

  /** All that the guest has said, its reports as lines. */
  get console(): string {
    return [...this.#lines, this.#partial].join('\r\n');
  }

  #receive(bytes: Uint8Array): void {
    try {
      // The tilde after its line says that the guest waits for the answer.
      const [first = '', ...others] = this.#report.take(bytes).split('~');
      this.#append(first);
      for (const text of others) {
        this.#answer();
        this.#append(text);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #append(text: string): void {
    // The two bytes of a line's end may come apart.
    const whole = (this.#partial + text).split('\r\n');
    this.#partial = whole.pop() ?? '';
    this.#lines.push(...whole);
    if (whole.length > 0) this.#wake();
  }

  #answer(): void {
    const [, id = '', x0 = '', x1 = ''] = /^X \d+ (\d+) 0x(\w+) 0x(\w+)$/.exec(this.#lines.at(-1) ?? '') ?? [];
    const answered =
      this.#onRequest?.(this.machine, Number(id), BigInt(`0x${x0}`), BigInt(`0x${x1}`)) ?? Promise.resolve();
    answered
      .then(() => this.machine.consoleWrite(Uint8Array.of(1)))
      .catch((error: unknown) => {
        this.#fail(error);
      });
  }

  #fail(error: unknown): void {
    this.failure ??= error instanceof Error ? error : new Error(String(error));
    this.#wake();
  }

  /** Waits until the console has a line that begins like this, or the machine ends. @throws after the time, with the end of the console */
  async shows(start: string, milliseconds = 280_000): Promise<void> {
    const limit = Date.now() + milliseconds;
    for (let from = 0; !this.#lines.slice(from).some((line) => line.startsWith(start));) {
      from = this.#lines.length;
      if (this.failure) throw this.failure;
      const ended = this.events.find((event) => event.kind === 'ended');
      if (ended || Date.now() > limit)
        throw new Error(
          `no line "${start}" ${ended ? `before the machine ended (${ended.outcome}: ${ended.message})` : 'in time'}: ${this.console.slice(-600)}`,
        );
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 200);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** The lines of one kind, split at blanks, without the letter. @throws when the guest's report could not be read */
  lines(kind: string): string[][] {
    if (this.failure) throw this.failure;
    return this.#lines.filter((line) => line.startsWith(`${kind} `)).map((line) => line.split(' ').slice(1));
  }

  async close(): Promise<void> {
    await this.machine.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  static async run(
    script: Script,
    changes: Partial<MachineConfig> = {},
    onRequest?: HostRequest,
  ): Promise<ConformanceGuest> {
    const guest = new ConformanceGuest(script, changes, onRequest);
    guest.machine.start();
    await guest.shows('E ');
    recordCells(changes.psciVersion ?? '', script.bytes(), guest.#lines);
    return guest;
  }
}

export const MEMORY = { base: 0x4000_0000n, size: 64n * 2n ** 20n };
