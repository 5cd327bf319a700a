// The PSCI of a kernel that keeps the guest's firmware calls to itself, cell by cell: as ours, but for the differences that
// kernel-psci.ts names.
import { expect, test } from 'vitest';
import { ConformanceGuest } from '../helpers/conformance-guest.ts';
import { casesOf, mismatchesOf } from '../helpers/psci-cases.ts';
import { DIFFERENCES, kernelPsci } from './kernel-psci.ts';

const VERSIONS = ['0.1', '0.2', '1.0', '1.1'] as const;
const met = new Set<string>();

test.each(VERSIONS)("every function of the kernel's PSCI %s", async (version) => {
  const { cases, script } = casesOf(version, (call) => {
    const difference = DIFFERENCES.find(({ isMeant }) => isMeant(call));
    if (difference) met.add(difference.reason);
    return kernelPsci(call);
  });
  const guest = await ConformanceGuest.run(script, { psciVersion: version, sdei: false });
  try {
    expect(mismatchesOf(guest, cases)).toEqual([]);
    expect(cases.length).toBeGreaterThan(1000);
    console.log(`PSCI ${version}: ${cases.length} cases of the kernel's own`);
  } finally {
    await guest.close();
  }
});

test('each difference was met', () => {
  expect(DIFFERENCES.map(({ reason }) => reason).filter((reason) => !met.has(reason))).toEqual([]);
});
