import { expect, test } from 'vitest';
import {
  COUNTERS,
  counterFigures,
  countersSince,
  functionCalls,
  sumCounters,
} from '../../../../src/common/vm/counters.ts';
import { counterLines, counterSections } from '../../../../src/common/vm/counter-report.ts';

const FIRST = {
  instructionsRetired: 8_000_000,
  blocksTranslated: 10,
  instructionsTranslated: 80,
  translationTimedNs: 3_000,
  translationTimedInstructions: 20,
  entries: 10_000,
  accessesSlow: 900,
  fetchTlbMisses: 100,
  secondLevelTlbMisses: 50,
  codeBytes: 2048,
  'calls.LDXR': 7,
  'calls.SYS': 12,
};

test('counters of several vCPUs add up', () => {
  expect(sumCounters([FIRST, { instructionsRetired: 2, tableWalks: 3 }])).toEqual({
    ...FIRST,
    instructionsRetired: 8_000_002,
    tableWalks: 3,
  });
  expect(sumCounters([])).toEqual({});
});

test('what has come since another reading: levels stay, new counters count from nothing', () => {
  const now = { ...FIRST, instructionsRetired: 9_000_000, codeBytes: 4096, 'calls.MRS': 2 };
  expect(countersSince(now, FIRST)).toMatchObject({
    instructionsRetired: 1_000_000,
    blocksTranslated: 0,
    codeBytes: 4096,
    'calls.MRS': 2,
    'calls.SYS': 0,
  });
  expect(countersSince({ entries: 5 }, { entries: 9 })).toEqual({ entries: 5 });
});

test('figures follow from the counters, and are missing where nothing was counted', () => {
  expect(counterFigures(FIRST, 2)).toEqual({
    mips: 4,
    translationNsPerInstruction: 150,
    instructionsPerEntry: 800,
    chainHitRate: 0.99,
    secondLevelHitRate: 0.95,
  });
  expect(counterFigures({}, 2)).toEqual({});
  expect(counterFigures({ instructionsRetired: 5_000_000 }, 0)).toEqual({});
});

test('functions are listed by how often they were called', () => {
  expect(functionCalls(FIRST)).toEqual([
    { name: 'SYS', calls: 12 },
    { name: 'LDXR', calls: 7 },
  ]);
});

test('a report has a line for each counter with what it means', () => {
  const lines = counterLines(FIRST, 2);
  expect(lines[0]).toBe('Figures');
  expect(lines).toContainEqual(expect.stringMatching(/^ {2}mips +4\.0 {2}million guest instructions/));
  expect(lines).toContainEqual(expect.stringMatching(/^ {2}instructionsRetired +8,000,000 {2}guest instructions/));
  expect(lines).toContainEqual(expect.stringMatching(/^ {2}codeBytes +2 KiB {2}bytes of the code buffer in use$/));
  expect(lines.slice(-3)).toEqual([
    'Instructions that translated code left to their function (2 of 2)',
    expect.stringMatching(/^ {2}SYS +12$/),
    expect.stringMatching(/^ {2}LDXR +7$/),
  ]);
  expect(counterSections({ instructionsRetired: 1 }, 0).map(({ title }) => title)).toEqual(['Guest']);
});

test('every counter says what it counts', () => {
  for (const [name, { meaning }] of Object.entries(COUNTERS)) {
    expect(name).toMatch(/^[a-z][A-Za-z]+$/);
    expect(meaning.length, name).toBeGreaterThan(8);
  }
});
