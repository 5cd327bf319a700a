/** What one vCPU has counted since its machine was built, by name. An engine has those that mean something for it. */
export type Counters = Readonly<Record<string, number>>;

/** `count` only grows, `level` is how much there is now. */
export type CounterKind = 'count' | 'level';

export interface CounterInfo {
  readonly group: CounterGroup;
  readonly kind: CounterKind;
  /** What exactly is counted, for a person. */
  readonly meaning: string;
}

export const COUNTER_GROUPS = ['guest', 'code', 'translation', 'exits', 'memory'] as const;
export type CounterGroup = (typeof COUNTER_GROUPS)[number];

const count = (group: CounterGroup, meaning: string): CounterInfo => ({ group, kind: 'count', meaning });
const level = (group: CounterGroup, meaning: string): CounterInfo => ({ group, kind: 'level', meaning });

/** Every counter there is, in the order in which people see them; `calls.NAME` come on top of these. */
export const COUNTERS: Readonly<Record<string, CounterInfo>> = {
  instructionsRetired: count('guest', 'guest instructions that completed'),
  exceptionsTaken: count('guest', 'exceptions that the guest took, interrupts included'),
  mmioReads: count('guest', 'reads of device registers'),
  mmioWrites: count('guest', 'writes of device registers'),
  pendingServed: count('guest', 'times that an interrupt, a kick or maintenance was looked at'),
  blocksDecoded: count('code', 'blocks of guest code that were decoded'),
  instructionsDecoded: count('code', 'instructions in the decoded blocks'),
  blocksInvalidated: count('code', 'blocks dropped because their guest code may have changed'),
  decodedClears: count('code', 'times that all decoded code was forgotten: full, reset, another memory map'),
  decodedBytes: level('code', 'memory that decoded code takes'),
  decodedBytesMost: level('code', 'the same, at most: beyond it everything is forgotten'),
  blocksInterpreted: count('code', 'executions of a block by the interpreter while the JIT is on'),
  blocksTranslated: count('translation', 'blocks that the JIT translated'),
  regionsTranslated: count('translation', 'loops of several blocks that the JIT translated as one, once they were hot'),
  instructionsTranslated: count('translation', 'instructions in the translated blocks'),
  translationTimedNs: count('translation', 'nanoseconds of CPU time that every fourth batch of translations took'),
  translationTimedInstructions: count('translation', 'instructions in these translations'),
  translationsUnlinked: count('translation', 'translations dropped because their guest code may have changed'),
  codeClears: count('translation', 'times that the full code buffer was emptied'),
  codeBytes: level('translation', 'bytes of the code buffer in use'),
  codeBytesMost: level('translation', 'bytes that the code buffer has'),
  jumpsLinked: count('translation', 'jumps of translated code that were pointed straight at their target'),
  entries: count('exits', 'entries from the run loop into translated code'),
  exitsPending: count('exits', 'left because something was pending: an interrupt, a kick, maintenance'),
  exitsException: count('exits', 'left because an instruction raised an exception'),
  exitsStop: count('exits', 'left because an instruction ended the run: a hypercall, WFI'),
  exitsUnlinkedJump: count(
    'exits',
    'left by a jump to a block that was not translated when its own was, or by a loop that is hot',
  ),
  exitsInvalidated: count('exits', 'left on entry of a block whose guest code has changed'),
  exitsUnknownJump: count('exits', 'left by a jump whose target the jump cache and the fetch TLB did not know'),
  exitsRefused: count('exits', 'left at a block that has to be interpreted now: trapped floating point'),
  accessesSlow: count('memory', 'loads and stores that the first-level TLB did not answer; a page crossing is two'),
  accessesCrossingPages: count('memory', 'of these, accesses that cross two pages'),
  accessesToDevices: count('memory', 'of these, accesses that no memory answered'),
  accessesFaulting: count('memory', 'data aborts'),
  fetchTlbMisses: count('memory', 'fetches from a page that the fetch TLB did not know'),
  secondLevelTlbMisses: count('memory', 'lookups, fetches included, that the second-level TLB did not answer'),
  tableWalks: count('memory', 'walks of the guest’s translation tables'),
};

/** Calls of an instruction's function out of translated code: it has no translation, or its fast path did not do. */
const CALLS = 'calls.';

export interface FunctionCalls {
  /** Row of the instruction table, "LDADD". */
  readonly name: string;
  readonly calls: number;
}

/** Most called first. */
export function functionCalls(counters: Counters): FunctionCalls[] {
  return Object.entries(counters)
    .filter(([name]) => name.startsWith(CALLS))
    .map(([name, calls]) => ({ name: name.slice(CALLS.length), calls }))
    .sort((a, b) => b.calls - a.calls || (a.name < b.name ? -1 : 1));
}

export function sumCounters(all: readonly Counters[]): Counters {
  const sum: Record<string, number> = {};
  for (const counters of all)
    for (const [name, value] of Object.entries(counters)) sum[name] = (sum[name] ?? 0) + value;
  return sum;
}

/** What has been counted since `before`; levels stay as they are. A counter that fell began anew. */
export function countersSince(now: Counters, before: Counters): Counters {
  return Object.fromEntries(
    Object.entries(now).map(([name, value]) => {
      const then = COUNTERS[name]?.kind === 'level' ? 0 : (before[name] ?? 0);
      return [name, value < then ? value : value - then];
    }),
  );
}

/** Figures that say more than the counters they are made of. Absent where there is nothing to divide by. */
export interface CounterFigures {
  /** Million guest instructions in a second of the guest's time, all vCPUs. */
  readonly mips?: number;
  /** Nanoseconds of CPU time for each guest instruction translated. */
  readonly translationNsPerInstruction?: number;
  /** Guest instructions between an entry into translated code and the exit that follows, the interpreter's included. */
  readonly instructionsPerEntry?: number;
  /**
   * Part of the blocks that translated code reached by itself, without the run loop: 1 - entries / blocks executed. How
   * many blocks execute is not counted, it would cost; it is taken to be instructions / mean length of a translated block.
   */
  readonly chainHitRate?: number;
  /** Slow accesses and fetch misses that the second-level TLB answered. */
  readonly secondLevelHitRate?: number;
}

export function counterFigures(counters: Counters, guestSeconds: number): CounterFigures {
  const value = (name: string) => counters[name] ?? 0;
  const retired = value('instructionsRetired');
  const translated = value('instructionsTranslated');
  const timed = value('translationTimedInstructions');
  const entries = value('entries');
  const lookups = value('accessesSlow') + value('fetchTlbMisses');
  const blocks = translated > 0 ? retired / (translated / value('blocksTranslated')) : 0;
  return {
    ...(guestSeconds > 0 && retired > 0 && { mips: retired / guestSeconds / 1e6 }),
    ...(timed > 0 && { translationNsPerInstruction: value('translationTimedNs') / timed }),
    ...(entries > 0 && { instructionsPerEntry: retired / entries }),
    ...(blocks > 0 && { chainHitRate: Math.max(0, 1 - entries / blocks) }),
    ...(lookups > 0 && { secondLevelHitRate: Math.max(0, 1 - value('secondLevelTlbMisses') / lookups) }),
  };
}
