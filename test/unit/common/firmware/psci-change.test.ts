import { expect, test } from 'vitest';
import {
  comparePsci,
  describePsciChange,
  type PsciFunction,
  type PsciTable,
} from '../../../../src/common/firmware/psci-change.ts';

function entry(name: string, more: Partial<PsciFunction> = {}): PsciFunction {
  return { name, id32: 1, id64: null, presence: 'optional', served: true, errors: [], ...more };
}
const old: PsciTable = {
  version: '0.2',
  functions: [
    entry('CPU_ON', { errors: ['ALREADY_ON', 'INVALID_PARAMETERS'] }),
    entry('MIGRATE', { served: false }),
    entry('GONE'),
  ],
};
const now: PsciTable = {
  version: '1.3',
  functions: [
    entry('CPU_ON', { id64: 2, errors: ['ALREADY_ON', 'INVALID_ADDRESS'] }),
    entry('MIGRATE', { served: false }),
    entry('SYSTEM_OFF2'),
  ],
};

test('functions and error codes gained and lost are named; what answers NOT_SUPPORTED does not count', () => {
  const change = comparePsci(old, now);
  expect(change).toEqual({
    from: '0.2',
    to: '1.3',
    functionsGained: ['SYSTEM_OFF2'],
    functionsLost: ['GONE'],
    codesGained: [{ name: 'CPU_ON', codes: ['INVALID_ADDRESS'] }],
    codesLost: [{ name: 'CPU_ON', codes: ['INVALID_PARAMETERS'] }],
    idsChanged: ['CPU_ON'],
  });
  expect(describePsciChange(change)).toEqual([
    'Functions gained: SYSTEM_OFF2',
    'Functions lost: GONE',
    'Error codes gained: CPU_ON (INVALID_ADDRESS)',
    'Error codes lost: CPU_ON (INVALID_PARAMETERS)',
    'Called by other ids: CPU_ON',
  ]);
});

test('a change back is the mirror image', () => {
  const [there, back] = [comparePsci(old, now), comparePsci(now, old)];
  expect([back.functionsGained, back.codesLost]).toEqual([there.functionsLost, there.codesGained]);
});

test('equal tables say so', () => {
  expect(describePsciChange(comparePsci(now, now))).toEqual([
    'No function and no error code changes; only the version number does',
  ]);
});
