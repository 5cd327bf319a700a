import { z } from 'zod';
import { formatSize, parseSize } from '../base/units.ts';

/** A stretch of guest memory. `ram` is what the VM was started with. */
export interface MemorySlot {
  readonly name: string;
  /** Guest physical address, hexadecimal with 0x. */
  readonly base: string;
  readonly bytes: number;
  readonly readOnly: boolean;
}

export interface MemoryMap {
  /** Larger after every change. */
  readonly generation: number;
  /** By base. */
  readonly slots: readonly MemorySlot[];
}

/** Bases and sizes of what is added are multiples of this. */
const GRANULE = 64 * 2 ** 10;

const name = z.string().regex(/^[a-z0-9-]{1,32}$/, 'A memory slot is called by 1 to 32 of a-z, 0-9 and "-"');

/** One step of a transaction. Without `base` the memory goes above all that there is. */
export const memoryChangeSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('add'),
    name,
    bytes: z.int().min(GRANULE, 'At least 64K').multipleOf(GRANULE, 'Memory is added in multiples of 64K'),
    base: z.int().min(0).multipleOf(GRANULE, 'The address is a multiple of 64K').optional(),
  }),
  z.strictObject({ kind: z.literal('remove'), name }),
]);
export type MemoryChange = z.output<typeof memoryChangeSchema>;

export const memoryChangesSchema = z.array(memoryChangeSchema).min(1, 'Nothing to change').max(64);

/** The parts of an addition, as typed; without an address it goes above all that there is. */
export interface AdditionText {
  readonly name: string;
  readonly size: string;
  readonly address: string;
}

/** @returns what is wrong, as a sentence, when it is no addition */
export function toAddition({ name: slot, size, address }: AdditionText): MemoryChange | string {
  const bytes = parseSize(size);
  if (bytes === undefined) return 'Write the size as 256M or 2G.';
  if (!/^(|\d+|0x[0-9a-f]+)$/i.test(address)) return 'Write the address as 0x80000000, or leave it out.';
  const change = { kind: 'add', name: slot, bytes, ...(address !== '' && { base: Number(address) }) };
  const checked = memoryChangeSchema.safeParse(change);
  return checked.success ? checked.data : `${checked.error.issues[0]?.message ?? 'It is wrong'}.`;
}

/** The last address of a slot, as `base` is written. */
export function slotEnd(slot: MemorySlot): string {
  return `0x${(BigInt(slot.base) + BigInt(slot.bytes) - 1n).toString(16)}`;
}

/**
 * Reads `dimm0=256M` or `dimm0=256M@0x80000000`.
 * @returns what is wrong with it as a sentence, when it is not that
 */
export function parseAddition(text: string): MemoryChange | string {
  const [, slot = '', size = '', , base] = /^([^=@]+)=([^=@]+)(@(\d+|0x[0-9a-f]+))?$/i.exec(text) ?? [];
  if (parseSize(size) === undefined) return 'Write it as dimm0=256M or dimm0=256M@0x80000000.';
  return toAddition({ name: slot, size, address: base ?? '' });
}

/** As lines for people. */
export function describeMemoryMap(map: MemoryMap): string[] {
  const line = (slot: MemorySlot) =>
    `${slot.name.padEnd(16)} ${slot.base.padEnd(14)} ${formatSize(slot.bytes)}${slot.readOnly ? ', read-only' : ''}`;
  return [`generation ${map.generation}`, ...map.slots.map(line)];
}
