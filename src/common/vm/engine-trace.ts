import { z } from 'zod';

/** One thing that the engine did. */
export interface EngineTraceLine {
  /** Counts all events of the machine; a gap means that some were lost. */
  readonly sequence: number;
  /** Guest-monotonic nanoseconds. */
  readonly timeNs: number;
  readonly vcpu: number;
  /** Of a dump more than one line. */
  readonly text: string;
}

/** What the emulator can be asked for. */
export const TRACE_KINDS = ['blocks', 'exits', 'tlb'] as const;
export const TRACE_KINDS_HELP = `${TRACE_KINDS.join(', ')}, dump=ADDRESS of a block, with commas between`;

const ADDRESS = /^dump=(0x)?[0-9a-f]{1,16}$/i;

const kind = z
  .string()
  .refine(
    (text) => (TRACE_KINDS as readonly string[]).includes(text) || ADDRESS.test(text),
    `It must be of ${TRACE_KINDS_HELP}`,
  );

/** Kinds of the trace; none: it stops. */
export const traceKindsSchema = z
  .array(kind)
  .max(16)
  .refine((kinds) => new Set(kinds).size === kinds.length, 'A kind is named twice');

/** "blocks,exits" -> its kinds. @returns what is wrong, as a sentence, when it is no list of kinds */
export function parseTraceKinds(text: string): string[] | string {
  const checked = traceKindsSchema.safeParse(text.split(',').map((each) => each.trim()));
  return checked.success ? checked.data : `${checked.error.issues[0]?.message ?? 'It is wrong'}.`;
}

/** "[     0.001234567] vCPU 0  exit 0x40080000 exception" */
export function engineTraceLine({ timeNs, vcpu, text }: EngineTraceLine): string {
  return `[${(timeNs / 1e9).toFixed(9).padStart(16)}] vCPU ${String(vcpu).padEnd(2)} ${text}`;
}

/** Reads an engine's trace again and again. */
export class EngineTraceFollower {
  #next = 0;

  /** What to ask for: events from this sequence on. */
  get since(): number {
    return this.#next;
  }

  /** @returns one text for each event, and one for each gap */
  take(lines: readonly EngineTraceLine[]): string[] {
    return lines.flatMap((line) => {
      const lost = line.sequence - this.#next;
      this.#next = line.sequence + 1;
      return [
        ...(lost > 0 ? [`(${lost} ${lost === 1 ? 'event was' : 'events were'} lost)`] : []),
        engineTraceLine(line),
      ];
    });
  }
}
