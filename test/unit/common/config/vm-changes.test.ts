import { expect, test } from 'vitest';
import {
  editSettings,
  editWarning,
  inverseEdit,
  setPsciVersion,
  undoPsciVersion,
} from '../../../../src/common/config/vm-changes.ts';
import { vmConfigSchema, vmEditSchema, type VmConfig } from '../../../../src/common/config/vm-config.ts';

const AT = '2026-11-21T04:00:00.000Z';

function config(more: Partial<VmConfig> = {}): VmConfig {
  return vmConfigSchema.parse({
    version: 2,
    id: '7b3c0f5e-4d0a-4c7e-9a51-0a1b2c3d4e5f',
    createdAt: AT,
    spec: { name: 'sleepy', kernel: '/boot/Image' },
    profile: { psciVersion: '1.3', board: 'virt-1', cpuProfile: 'dormouse-v1' },
    psciChanges: [],
    ...more,
  });
}

const hibernated = () => config({ lastEnd: { state: 'hibernated', message: '', offType: 1, psciVersion: '1.3' } });

test('changes of the PSCI version are remembered and undone one by one', () => {
  const first = setPsciVersion(config(), '1.1', false, AT);
  const second = setPsciVersion(first, '0.2', false, AT);
  expect(second.psciChanges).toEqual([
    { at: AT, from: '1.3', to: '1.1' },
    { at: AT, from: '1.1', to: '0.2' },
  ]);
  expect(undoPsciVersion(second, false)).toEqual(first);
  expect(undoPsciVersion(first, false)).toEqual(config());
  expect(() => undoPsciVersion(config(), false)).toThrow('has never been changed');
});

test('the version it has already is no change', () => {
  expect(setPsciVersion(config(), '1.3', false, AT)).toEqual(config());
});

test('a hibernated guest keeps the version it saw, unless forced, and gets it back without force', () => {
  expect(() => setPsciVersion(hibernated(), '1.1', false, AT)).toThrow('may not resume (it saw 1.3)');
  const forced = setPsciVersion(hibernated(), '1.1', true, AT);
  expect(forced.profile.psciVersion).toBe('1.1');
  expect(undoPsciVersion(forced, false).profile.psciVersion).toBe('1.3');
  expect(setPsciVersion(forced, '1.3', false, AT).profile.psciVersion).toBe('1.3');
});

test('an undo that a hibernated guest would notice needs force', () => {
  const changed = { ...setPsciVersion(config(), '1.1', false, AT), lastEnd: hibernated().lastEnd };
  const ended = { ...changed, lastEnd: { state: 'hibernated', message: '', offType: 1, psciVersion: '1.1' } } as const;
  expect(() => undoPsciVersion(ended, false)).toThrow('it saw 1.1');
  expect(undoPsciVersion(ended, true).profile.psciVersion).toBe('1.3');
});

test('settings that a hibernated guest sees need force, the others do not', () => {
  expect(() => editSettings(hibernated(), { cpus: 4, sdei: { enabled: false } }, false)).toThrow(
    'with another number of CPUs, SDEI setting its guest may not resume',
  );
  expect(() => editSettings(hibernated(), { idleStates: 'standby' }, false)).toThrow('another choice of idle states');
  expect(editSettings(hibernated(), { cpus: 4 }, true).spec.cpus).toBe(4);
  expect(editSettings(hibernated(), { name: 'other', policy: { unanswered: 'deny' } }, false).spec).toMatchObject({
    name: 'other',
    policy: { unanswered: 'deny', timeoutMs: 10_000 },
  });
});

test('an edit changes what it names and nothing else', () => {
  const edit = vmEditSchema.parse({ policy: { calls: { SYSTEM_RESET: 'ask' } }, sdei: { events: [0x40000000] } });
  const before = config();
  expect(editSettings(before, edit, false).spec).toEqual({
    ...before.spec,
    policy: { ...before.spec.policy, calls: { ...before.spec.policy.calls, SYSTEM_RESET: 'ask' } },
    sdei: { enabled: true, events: [0x40000000] },
  });
});

test.each([
  [{}, 'Nothing is to be changed'],
  [{ psciVersion: '1.1' }, 'psciVersion'],
  [{ policy: { calls: { CPU_ON: 'deny' } } }, 'CPU_ON'],
  [{ sdei: { events: [7] } }, '0x40000000'],
  [{ idleStates: 'deep' }, 'idleStates'],
  [{ sdei: { events: [0x40000001, 0x40000001] } }, 'twice'],
  [{ policy: { timeoutMs: 5 } }, 'At least 100 ms'],
])('the edit %j is refused', (edit, reason) => {
  expect(vmEditSchema.safeParse(edit).error?.message).toContain(reason);
});

test('a hibernated guest is not warned for a value that it has already', () => {
  expect(editWarning(hibernated(), { cpus: 1, kernel: '/boot/Image', initrd: null })).toBeUndefined();
  expect(editWarning(hibernated(), { initrd: '/boot/initrd' })).toContain('another initial RAM disk');
  expect(editWarning(config(), { cpus: 9 })).toBeUndefined();
});

test('an initial RAM disk can be given, stays when nothing is said of it, and can be taken away', () => {
  const given = editSettings(config(), { initrd: '/boot/initrd' }, false);
  expect(editSettings(given, { cpus: 2 }, false).spec.initrd).toBe('/boot/initrd');
  const without = editSettings(given, vmEditSchema.parse({ initrd: null }), false);
  expect(without).toEqual(config());
  expect(vmConfigSchema.parse(without).spec).not.toHaveProperty('initrd');
});

test('the inverse of a change gives back what was', () => {
  const before = editSettings(config(), { initrd: '/boot/initrd', policy: { unanswered: 'deny' } }, false);
  for (const edit of [
    { initrd: null, cpus: 7, commandLine: 'quiet' },
    { policy: { calls: { SYSTEM_OFF: 'ask' }, timeoutMs: 500 } },
    { sdei: { enabled: false } },
  ] as const)
    expect(editSettings(editSettings(before, edit, false), inverseEdit(before.spec, edit), false)).toEqual(before);
  const without = config();
  const added = { initrd: '/boot/other' };
  expect(editSettings(editSettings(without, added, false), inverseEdit(without.spec, added), false)).toEqual(without);
});
