import { expect, test } from 'vitest';
import { emptyForm, formOf, toEdit, toSpec } from '../../../../../renderer/views/vm-settings/settings-form.ts';
import { vmEditSchema, vmSettingsSchema, vmSpecSchema } from '../../../../../src/common/config/vm-config.ts';

const spec = vmSettingsSchema.parse({
  name: 'sleepy',
  kernel: '/boot/Image',
  initrd: '/boot/initrd',
  memoryBytes: 3 * 2 ** 30,
  sdei: { events: [0x40000001, 0x40000002] },
});

test('a form that was not touched changes nothing', () => {
  expect(toEdit(formOf(spec), spec)).toBeUndefined();
  const bare = vmSettingsSchema.parse({ name: 'bare', kernel: '/boot/Image', memoryBytes: 100 * 2 ** 20 });
  expect(toEdit(formOf(bare), bare)).toBeUndefined();
});

test('an edit has what was changed and nothing else', () => {
  const form = { ...formOf(spec), cpus: 4, memory: '512M', initrd: ' ', events: '0x40000003, 0x40000004', sdei: false };
  const edit = toEdit(form, spec);
  expect(edit).toEqual({
    cpus: 4,
    memoryBytes: 2 ** 29,
    initrd: null,
    sdei: { enabled: false, events: [0x40000003, 0x40000004] },
  });
  expect(vmEditSchema.parse(edit)).toEqual(edit);
});

test('a new VM gets what the form says', () => {
  const form = { ...emptyForm(), name: ' sleepy ', kernel: ' /boot/Image ', events: '1073741825' };
  const created = vmSpecSchema.parse(toSpec(form));
  expect(created).toMatchObject({ name: 'sleepy', kernel: '/boot/Image', sdei: { events: [0x40000001] } });
  expect(created).not.toHaveProperty('initrd');
});

test.each([
  [{ memory: 'much' }, 'memory'],
  [{ cpus: null }, 'CPUs'],
  [{ events: '0x40000001 beep' }, 'events'],
])('%j is answered with a sentence', (wrong, word) => {
  expect(toSpec({ ...emptyForm(), ...wrong })).toContain(word);
  expect(toEdit({ ...formOf(spec), ...wrong }, spec)).toContain(word);
});
