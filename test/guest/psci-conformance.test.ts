import { afterAll, expect, test } from 'vitest';
import type { PsciVersion } from '../../binding/index.js';
import { ConformanceGuest } from '../helpers/conformance-guest.ts';
import { TEST_ENGINE } from '../helpers/engine.ts';
import { answeredByKvm } from '../helpers/kvm-calls.ts';
import { casesOf, mismatchesOf } from '../helpers/psci-cases.ts';
import { FUNCTIONS, VERSIONS } from '../helpers/psci-model.ts';

const DENY_ALL = {
  SYSTEM_OFF: 'deny',
  SYSTEM_OFF2: 'deny',
  SYSTEM_RESET: 'deny',
  SYSTEM_RESET2: 'deny',
  SYSTEM_SUSPEND: 'deny',
} as const;

const report: { version: PsciVersion; function: string; cases: number; mismatches: number }[] = [];

test.each(VERSIONS)('every function of PSCI %s with valid, boundary and hostile arguments', async (version) => {
  const { cases, script } = casesOf(version, TEST_ENGINE === 'kvm' ? answeredByKvm : undefined);
  const guest = await ConformanceGuest.run(script, { psciVersion: version, policy: DENY_ALL });
  try {
    const mismatches = mismatchesOf(guest, cases);
    for (const name of new Set(cases.map((one) => one.expected.name))) {
      const own = cases.filter((one) => one.expected.name === name);
      const wrong = mismatches.filter((text) => text.split(' ')[1] === name.split(' ')[0]).length;
      report.push({ version, function: name, cases: own.length, mismatches: wrong });
    }
    expect(mismatches).toEqual([]);
    expect(cases.length).toBeGreaterThan(1000);
  } finally {
    await guest.close();
  }
});

afterAll(() => {
  const names = [...FUNCTIONS.map(([, name]) => name), 'SMCCC', 'no function'];
  const cell = (name: string, version: PsciVersion) => {
    const row = report.find((one) => one.function === name && one.version === version);
    return row ? `${row.cases}${row.mismatches ? ` (${row.mismatches} wrong)` : ''}` : '-';
  };
  const lines = names.map((name) =>
    [name.padEnd(26), ...VERSIONS.map((version) => cell(name, version).padStart(8))].join(''),
  );
  const total = report.reduce((sum, row) => sum + row.cases, 0);
  const wrong = report.reduce((sum, row) => sum + row.mismatches, 0);
  console.log(
    [
      `PSCI cases checked, by function and version: ${total}, mismatches: ${wrong}`,
      ''.padEnd(26) + VERSIONS.map((version) => version.padStart(8)).join(''),
      ...lines,
    ].join('\n'),
  );
});
