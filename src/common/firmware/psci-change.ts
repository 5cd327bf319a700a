import type { PsciVersion } from '../config/psci-version.ts';

/** One function as a PSCI version defines it. */
export interface PsciFunction {
  readonly name: string;
  /** Function ids of the two calling conventions. */
  readonly id32: number | null;
  readonly id64: number | null;
  readonly presence: 'mandatory' | 'optional';
  /** false: it answers NOT_SUPPORTED, as the version permits. */
  readonly served: boolean;
  readonly errors: readonly string[];
}

export interface PsciTable {
  readonly version: PsciVersion;
  readonly functions: readonly PsciFunction[];
}

interface CodesOf {
  readonly name: string;
  readonly codes: readonly string[];
}

/** What a guest sees change from one PSCI version to another. */
export interface PsciChange {
  readonly from: PsciVersion;
  readonly to: PsciVersion;
  readonly functionsGained: readonly string[];
  readonly functionsLost: readonly string[];
  /** Error codes of functions that both versions have. */
  readonly codesGained: readonly CodesOf[];
  readonly codesLost: readonly CodesOf[];
  /** Functions that both have, under other ids. */
  readonly idsChanged: readonly string[];
}

function served(table: PsciTable): Map<string, PsciFunction> {
  return new Map(table.functions.filter((entry) => entry.served).map((entry) => [entry.name, entry]));
}

function missing(here: Map<string, PsciFunction>, there: Map<string, PsciFunction>): string[] {
  return [...here.keys()].filter((name) => !there.has(name));
}

export function comparePsci(from: PsciTable, to: PsciTable): PsciChange {
  const [before, after] = [served(from), served(to)];
  const both = [...before.values()].flatMap((old) => {
    const now = after.get(old.name);
    return now ? [{ name: old.name, old, now }] : [];
  });
  const codes = (pick: (pair: (typeof both)[number]) => [readonly string[], readonly string[]]): CodesOf[] =>
    both.flatMap((pair) => {
      const [here, there] = pick(pair);
      const only = here.filter((code) => !there.includes(code));
      return only.length > 0 ? [{ name: pair.name, codes: only }] : [];
    });
  return {
    from: from.version,
    to: to.version,
    functionsGained: missing(after, before),
    functionsLost: missing(before, after),
    codesGained: codes(({ old, now }) => [now.errors, old.errors]),
    codesLost: codes(({ old, now }) => [old.errors, now.errors]),
    idsChanged: both.filter(({ old, now }) => old.id32 !== now.id32 || old.id64 !== now.id64).map(({ name }) => name),
  };
}

/** The change in lines for a person; at least one. */
export function describePsciChange(change: PsciChange): string[] {
  const list = (title: string, entries: readonly string[]) =>
    entries.length > 0 ? [`${title}: ${entries.join(', ')}`] : [];
  const codes = (entries: readonly CodesOf[]) => entries.map((entry) => `${entry.name} (${entry.codes.join(', ')})`);
  const lines = [
    ...list('Functions gained', change.functionsGained),
    ...list('Functions lost', change.functionsLost),
    ...list('Error codes gained', codes(change.codesGained)),
    ...list('Error codes lost', codes(change.codesLost)),
    ...list('Called by other ids', change.idsChanged),
  ];
  return lines.length > 0 ? lines : ['No function and no error code changes; only the version number does'];
}
