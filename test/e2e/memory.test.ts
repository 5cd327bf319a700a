import { expect, test } from 'vitest';
import { faultsOf } from './pages/app-page.ts';
import { shownGuest } from './pages/shown-guest.ts';

test('slots are shown, added, refused, and removed after a question', async () => {
  const { starter, tab, app } = await shownGuest();
  await tab.getByRole('tab', { name: 'Memory map' }).click();
  const rows = tab.getByRole('table').getByRole('row');
  await tab.getByText('Generation 1:').waitFor();
  expect(await rows.nth(1).getByRole('cell').allTextContents()).toEqual([
    '0x40000000 – 0x5fffffff',
    '512 MiB',
    'read and write',
    '',
  ]);

  await tab.getByLabel('Name').fill('dimm0');
  await tab.getByLabel('Size').fill('64M');
  await tab.getByLabel('Address').fill('0x100000000');
  await tab.getByRole('button', { name: 'Add', exact: true }).click();
  await tab.getByText('Generation 2:').waitFor();
  await tab.getByText('0x100000000 – 0x103ffffff').waitFor();
  expect(starter.last.calls).toContain('memory [{"kind":"add","name":"dimm0","bytes":67108864,"base":4294967296}]');

  for (const [name, size, sentence] of [
    ['Dimm 1', '64M', 'A memory slot is called by'],
    ['dimm1', 'much', 'Write the size as 256M or 2G'],
    ['dimm0', '64M', '"dimm0" is there'],
  ] as const) {
    await tab.getByLabel('Name').fill(name);
    await tab.getByLabel('Size').fill(size);
    await tab.getByRole('button', { name: 'Add', exact: true }).click();
    await tab.getByRole('alert').getByText(sentence).waitFor();
  }
  expect(await faultsOf(tab)).toEqual([]);

  await tab.getByRole('button', { name: 'Remove dimm0' }).click();
  await tab.getByRole('dialog').getByText('one that still uses it crashes').waitFor();
  await tab.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
  await tab.getByText('Generation 3:').waitFor();
  expect(await rows.count()).toBe(2);

  starter.last.end({ outcome: 'powered-off', message: 'Off' });
  await app.waitForState('Off');
  await tab.getByText('can be changed, while it runs').waitFor();
});

test('what another window or the command line changes is seen', async () => {
  const { manager, id, tab } = await shownGuest();
  await tab.getByRole('tab', { name: 'Memory map' }).click();
  await tab.getByText('Generation 1:').waitFor();
  await manager.changeMemoryMap(id, [{ kind: 'add', name: 'other', bytes: 2 ** 21 }]);
  await tab.getByRole('rowheader', { name: 'other' }).waitFor();
});
