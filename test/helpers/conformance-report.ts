/** As in resources/guests/conformance/report.c, which describes the form. */
const KINDS = [
  { letter: 'C', fields: 6 },
  { letter: 'R', fields: 6 },
  { letter: 'H', fields: 9 },
  { letter: 'X', fields: 2 },
] as const;
const BLOCK = 2;
const HEAD_BYTES = 4;
const RECORD_BYTES = 64;
const word64 = (value: bigint) => BigInt.asUintN(64, value);
const hex = (value: bigint) => (value === 0n ? '0x0' : `0x${value.toString(16)}`);

/**
 * Makes lines of text of what the conformance guest reports:
 *
 *     C id x0 changed [x1 x2 x3]            a call came back; x1 to x3 when a register has changed
 *     R id x0 daif el sp sctlr              a core came in at its entry
 *     H cpu x0 x1 x3 changed mode elr spsr incall   an SDEI handler was entered
 *     X number id x0 x1                     a request to the host
 */
export class ReportReader {
  readonly #script: Buffer;
  #rest = Buffer.alloc(0);
  #last = KINDS.map(({ fields }) => Array.from({ length: fields }, () => 0n));
  #lastIndex = -1n;
  #nextBlock = 0;

  constructor(script: Buffer) {
    this.#script = script;
  }

  /** @throws when a block is damaged or missing */
  take(bytes: Uint8Array): string {
    let text = '';
    let rest = Buffer.concat([this.#rest, bytes]);
    for (;;) {
      const start = rest.indexOf(BLOCK);
      text += rest.toString('latin1', 0, start < 0 ? undefined : start);
      rest = start < 0 ? Buffer.alloc(0) : rest.subarray(start);
      const end = rest.length < HEAD_BYTES ? Infinity : HEAD_BYTES + rest.readUInt16LE(2);
      if (rest.length < end) break;
      text += this.#block(rest.readUInt8(1), rest.subarray(HEAD_BYTES, end));
      rest = rest.subarray(end);
    }
    this.#rest = rest;
    return text;
  }

  #block(number: number, bytes: Buffer): string {
    if (number === 0) {
      // The guest has booted.
      for (const fields of this.#last) fields.fill(0n);
      this.#lastIndex = -1n;
    } else if (number !== this.#nextBlock) {
      throw new Error(`block ${number} of the guest's report where ${this.#nextBlock} should be`);
    }
    this.#nextBlock = number === 255 ? 1 : number + 1;
    let at = 0;
    /** Most numbers are small. */
    const next = (): number | bigint => {
      const first = bytes.readUInt8(at++);
      if (first < 0x80) return first;
      let value = BigInt(first & 0x7f);
      for (let shift = 7n; ; shift += 7n) {
        const byte = bytes.readUInt8(at++);
        value |= BigInt(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
      }
    };
    const difference = (): bigint => {
      const zigzag = BigInt(next());
      return zigzag & 1n ? -(zigzag >> 1n) - 1n : zigzag >> 1n;
    };
    let lines = '';
    while (at < bytes.length) {
      const head = Number(next());
      const kind = head & 7;
      const [letter, fields] = [KINDS[kind]?.letter, this.#last[kind]];
      if (letter === undefined || fields === undefined)
        throw new Error(`the guest's report has an entry of kind ${kind}`);
      if (letter !== 'H') fields[0] = this.#lastIndex + 1n;
      for (let i = 0, mask = head >> 3; mask !== 0; i++, mask >>= 1)
        if (mask & 1) fields[i] = word64((fields[i] ?? 0n) + difference());
      if (letter !== 'H') this.#lastIndex = fields[0] ?? 0n;
      lines += `${[letter, ...this.#words(letter, fields)].join(' ')}\r\n`;
    }
    return lines;
  }

  #words(letter: (typeof KINDS)[number]['letter'], fields: readonly bigint[]): string[] {
    const [first = 0n, ...rest] = fields;
    if (letter === 'H') return [String(first), ...rest.map(hex)];
    const record = Number(first) * RECORD_BYTES;
    const id = String(this.#script.readUInt32LE(record + 4));
    if (letter === 'X') {
      const values = [8, 16].map((offset) => hex(this.#script.readBigUInt64LE(record + offset)));
      return [String(rest[0]), id, ...values];
    }
    const isKept = letter === 'C' && rest[1] === 0n;
    return [id, ...rest.slice(0, isKept ? 2 : undefined).map(hex)];
  }
}
