import { fileURLToPath } from 'node:url';
import type { MachineConfig, MemorySlot, SlotChange } from '../../binding/index.js';
import { TEST_ENGINE } from './engine.ts';
import { LineGuest } from './line-guest.ts';

const IMAGE = fileURLToPath(new URL('../../resources/guests/mapper/mapper.Image', import.meta.url));

const KIB = 2 ** 10;
const MIB = 2 ** 20;

/** As in resources/guests/mapper/mapper.h. */
export const WINDOWS = 6;
export const window = (index: number): bigint => 0x8000_0000n + BigInt(index) * 0x40_0000n;
const ROM_BASE = 0x8800_0000n;
const DECOY_BASE = 0x9000_0000n;
/** What a hammered slot has at least, and at most. */
const LEAST = 256 * KIB;
const MOST = MIB;

/** A machine with the mapper guest. */
export class MapperGuest extends LineGuest {
  constructor(changes: Partial<MachineConfig> = {}) {
    super({ engine: TEST_ENGINE, cpus: 3, memoryBytes: 64 * MIB, kernel: IMAGE, seed: 1, ...changes });
  }

  static async started(changes: Partial<MachineConfig> = {}): Promise<MapperGuest> {
    const guest = new MapperGuest(changes);
    guest.machine.start();
    await guest.shows('mapper ');
    return guest;
  }
}

/** Numbers that look random and are the same in every run. */
export function draws(seed: number): (below: number) => number {
  let state = BigInt(seed) | 1n;
  return (below) => {
    state ^= BigInt.asUintN(64, state << 13n);
    state ^= state >> 7n;
    state ^= BigInt.asUintN(64, state << 17n);
    return Number((state >> 20n) % BigInt(below));
  };
}

type Slot = { -readonly [Key in keyof MemorySlot]: MemorySlot[Key] };

/** What the host has to think of the memory map: the slots as they must be, and random changes of them. */
export class MapModel {
  slots: Slot[];
  readonly #draw: (below: number) => number;
  #decoys = 0;

  constructor(ramBytes: number, draw: (below: number) => number) {
    const ram = { name: 'ram', base: 0x4000_0000n, bytes: ramBytes, maximumBytes: ramBytes };
    this.slots = [{ ...ram, readOnly: false, logDirty: false }];
    this.#draw = draw;
  }

  /** Memory in every window, and the slot for reading. */
  setup(): SlotChange[] {
    const windows = Array.from({ length: WINDOWS }, (_, index) => ({ name: `slot-${index}`, base: window(index) }));
    return [...windows, { name: 'rom', base: ROM_BASE }].map((slot) => ({
      kind: 'add',
      ...slot,
      bytes: LEAST,
      maximumBytes: MOST,
    }));
  }

  /** Applies the changes if the result is a map. @returns whether it is */
  apply(changes: readonly SlotChange[]): boolean {
    const next = this.slots.map((slot) => ({ ...slot }));
    for (const change of changes) {
      const index = next.findIndex((slot) => slot.name === change.name);
      const slot = next[index];
      if (change.kind === 'add') {
        const { name, base = 0n, bytes, maximumBytes = bytes, readOnly = false, logDirty = false } = change;
        next.push({ name, base, bytes, maximumBytes, readOnly, logDirty });
      } else if (!slot) return false;
      else if (change.kind === 'remove') next.splice(index, 1);
      else if (change.kind === 'move') slot.base = change.base;
      else if (change.kind === 'resize') slot.bytes = change.bytes;
      else {
        slot.readOnly = change.readOnly;
        slot.logDirty = change.logDirty;
      }
    }
    next.sort((a, b) => (a.base < b.base ? -1 : 1));
    const isMap = next.every((slot, index) => {
      const above = next[index + 1];
      const fits = slot.bytes > 0 && slot.bytes <= slot.maximumBytes;
      return fits && (!above || slot.base + BigInt(slot.bytes) <= above.base);
    });
    if (isMap) this.slots = next;
    return isMap;
  }

  /** One to six changes that leave every window occupied and the guest's writes possible, or, now and then, no map. */
  batch(): SlotChange[] {
    const changes = Array.from({ length: 1 + this.#draw(3) }, () => this.#step()).flat();
    if (this.#draw(10) > 0) return changes;
    const onTop: SlotChange = { kind: 'add', name: 'on-top', base: window(this.#draw(WINDOWS)), bytes: LEAST };
    return [...changes, onTop];
  }

  #step(): SlotChange[] {
    const { name } = this.#named(`slot-${this.#draw(WINDOWS)}`);
    switch (this.#draw(7)) {
      case 0:
      case 1:
      case 2:
        return this.rotation();
      case 3:
        return [{ kind: 'resize', name, bytes: this.#size() }];
      case 4:
        return [{ kind: 'flags', name, readOnly: false, logDirty: this.#draw(2) === 1 }];
      case 5:
        return [
          { kind: 'flags', name: 'rom', readOnly: this.#draw(2) === 1, logDirty: false },
          { kind: 'resize', name: 'rom', bytes: this.#size() },
        ];
      default:
        return this.#decoy();
    }
  }

  /** The number of the slot in each window. */
  inWindows(): number[] {
    const slots = Array.from({ length: WINDOWS }, (_, index) => this.slots.find((slot) => slot.base === window(index)));
    return slots.map((slot) => Number(slot?.name.slice('slot-'.length)));
  }

  /** Some hammered slots take each other's places. */
  rotation(): SlotChange[] {
    const names = Array.from({ length: WINDOWS }, (_, index) => `slot-${index}`);
    for (let i = names.length - 1; i > 0; i--) {
      const k = this.#draw(i + 1);
      [names[i], names[k]] = [names[k] ?? '', names[i] ?? ''];
    }
    const chosen = names.slice(0, 2 + this.#draw(WINDOWS - 1)).map((name) => this.#named(name));
    return chosen.map((slot, index) => {
      const place = chosen[(index + 1) % chosen.length] ?? slot;
      return { kind: 'move', name: slot.name, base: place.base };
    });
  }

  /** Slots that come and go beside the hammered ones. */
  #decoy(): SlotChange[] {
    const base = DECOY_BASE + BigInt(this.#draw(16)) * BigInt(MIB);
    const present = this.slots.filter((slot) => slot.name.startsWith('decoy-'));
    const one = present[this.#draw(Math.max(present.length, 1))];
    if (!one || present.length < 4)
      return [{ kind: 'add', name: `decoy-${this.#decoys++}`, base, bytes: this.#size() }];
    return this.#draw(2) ? [{ kind: 'remove', name: one.name }] : [{ kind: 'move', name: one.name, base }];
  }

  #size(): number {
    return LEAST + this.#draw(1 + (MOST - LEAST) / (64 * KIB)) * 64 * KIB;
  }

  #named(name: string): Slot {
    const slot = this.slots.find((one) => one.name === name);
    if (!slot) throw new Error(`the model has lost ${name}`);
    return slot;
  }
}
