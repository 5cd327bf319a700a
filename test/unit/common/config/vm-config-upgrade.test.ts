import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { vmConfigSchema } from '../../../../src/common/config/vm-config.ts';
import { upgradeVmConfig } from '../../../../src/common/config/vm-config-upgrade.ts';

function fixture(): Record<string, unknown> {
  const file = path.join(import.meta.dirname, '../../../fixtures/vm-json/version-1.json');
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
}

test('version 1 becomes the current version, with the PSCI version it had', () => {
  const config = vmConfigSchema.parse(upgradeVmConfig(fixture()));
  expect(config).toMatchObject({
    version: 2,
    profile: { psciVersion: '1.1', board: 'virt-1', cpuProfile: 'dormouse-v1' },
    psciChanges: [],
    spec: { name: 'sleepy', cpus: 2, memoryBytes: 2 ** 30 },
    lastEnd: { state: 'hibernated', message: 'The guest hibernated', offType: 0, psciVersion: '1.1' },
  });
  expect(config.spec.policy.calls.SYSTEM_RESET).toBe('allow');
});

test('a VM that has never run has no end after the upgrade', () => {
  const { lastEnd, lastEndMessage, ...fresh } = fixture();
  expect({ lastEnd, lastEndMessage }).toEqual({ lastEnd: 'hibernated', lastEndMessage: 'The guest hibernated' });
  expect(vmConfigSchema.parse(upgradeVmConfig(fresh)).lastEnd).toBeUndefined();
});

test('the upgrade leaves its argument alone, and what is current comes back as it is', () => {
  const old = fixture();
  const current = upgradeVmConfig(old);
  expect(old).toEqual(fixture());
  expect(upgradeVmConfig(current)).toBe(current);
});

test.each([null, 7, 'text', { version: 99 }, {}])('%j is not touched', (data) => {
  expect(upgradeVmConfig(data)).toBe(data);
});

test('a damaged version 1 is refused by the name of the field', () => {
  expect(() => upgradeVmConfig({ ...fixture(), spec: { psciVersion: '9.9' } })).toThrow('psciVersion');
});
