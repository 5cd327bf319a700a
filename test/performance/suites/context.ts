import type { BenchOptions } from '../options.ts';
import type { Emulator } from '../emulators.ts';

/** What every suite is given. */
export interface BenchContext {
  readonly options: BenchOptions;
  /** Dormouse first, then every peer: the order in which they take turns. */
  readonly emulators: readonly Emulator[];
  /** Dormouse and the newest peer alone, for what takes long and differs little. */
  readonly newest: readonly Emulator[];
  /** Progress, for people. */
  readonly say: (text: string) => void;
}
