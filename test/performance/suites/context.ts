import type { BenchOptions } from '../options.ts';
import type { Emulator, Peer } from '../emulators.ts';

/** What every suite is given. */
export interface BenchContext {
  readonly options: BenchOptions;
  readonly peer: Peer;
  /** Dormouse first, then the peers: the order in which they take turns. */
  readonly emulators: readonly Emulator[];
  /** Progress, for people. */
  readonly say: (text: string) => void;
}
