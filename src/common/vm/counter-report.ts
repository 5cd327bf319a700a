import { formatSize } from '../base/units.ts';
import {
  COUNTER_GROUPS,
  COUNTERS,
  counterFigures,
  functionCalls,
  type CounterGroup,
  type CounterFigures,
  type Counters,
} from './counters.ts';

/** How many of the called functions a report names. */
export const MOST_FUNCTIONS = 10;

const GROUP_TITLES: Readonly<Record<CounterGroup, string>> = {
  guest: 'Guest',
  code: 'Decoded code',
  translation: 'Translation (JIT)',
  exits: 'In and out of translated code',
  memory: 'Memory accesses off the fast path',
};

export interface CounterRow {
  readonly name: string;
  readonly value: string;
  readonly meaning: string;
}

export interface CounterSection {
  readonly title: string;
  readonly rows: readonly CounterRow[];
}

/** 1234567 -> "1,234,567" */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

const percent = (part: number) => `${(100 * part).toFixed(2)} %`;

const FIGURES: { readonly [Name in keyof CounterFigures]-?: readonly [(value: number) => string, string] } = {
  mips: [(value) => value.toFixed(1), 'million guest instructions a second of guest time, all vCPUs'],
  translationNsPerInstruction: [(value) => `${value.toFixed(0)} ns`, 'CPU time of translating one guest instruction'],
  instructionsPerEntry: [formatCount, 'guest instructions for each entry into translated code'],
  chainHitRate: [percent, 'of the blocks, reached without the run loop (estimated from the mean block)'],
  secondLevelHitRate: [percent, 'of the slow accesses and fetch misses, answered by the second-level TLB'],
};

function figureRows(figures: CounterFigures): CounterRow[] {
  return (Object.keys(FIGURES) as (keyof CounterFigures)[]).flatMap((name) => {
    const value = figures[name];
    const [format, meaning] = FIGURES[name];
    return value === undefined ? [] : [{ name, value: format(value), meaning }];
  });
}

/** For people: figures first, then every counter of the engine by group, then the functions called most. */
export function counterSections(counters: Counters, guestSeconds: number): CounterSection[] {
  const groups = COUNTER_GROUPS.map((group) => ({
    title: GROUP_TITLES[group],
    rows: Object.entries(COUNTERS).flatMap(([name, info]) => {
      const value = counters[name];
      if (info.group !== group || value === undefined) return [];
      const text = info.kind === 'level' ? formatSize(value) : formatCount(value);
      return [{ name, value: text, meaning: info.meaning }];
    }),
  }));
  const calls = functionCalls(counters);
  const functions = calls.slice(0, MOST_FUNCTIONS).map(({ name, calls: value }) => ({
    name,
    value: formatCount(value),
    meaning: '',
  }));
  const title = `Instructions that translated code left to their function (${functions.length} of ${calls.length})`;
  return [
    { title: 'Figures', rows: figureRows(counterFigures(counters, guestSeconds)) },
    ...groups,
    { title, rows: functions },
  ].filter((section) => section.rows.length > 0);
}

/** The same as lines of text. */
export function counterLines(counters: Counters, guestSeconds: number): string[] {
  const sections = counterSections(counters, guestSeconds);
  const rows = sections.flatMap((section) => section.rows);
  const nameWidth = Math.max(0, ...rows.map((row) => row.name.length));
  const valueWidth = Math.max(0, ...rows.map((row) => row.value.length));
  return sections.flatMap((section, index) => [
    ...(index === 0 ? [] : ['']),
    section.title,
    ...section.rows.map(({ name, value, meaning }) =>
      `  ${name.padEnd(nameWidth)}  ${value.padStart(valueWidth)}  ${meaning}`.trimEnd(),
    ),
  ]);
}
