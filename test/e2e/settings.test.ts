import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openTab, startBrowser } from '../helpers/browser.ts';
import { startFakeServer } from '../helpers/fake-server.ts';
import { ROOT } from '../helpers/serve-process.ts';
import { AppPage, faultsOf } from './pages/app-page.ts';

/** Pictures for a person to look at; not compared. */
const PICTURES = path.join(ROOT, 'build', 'screenshots');
mkdirSync(PICTURES, { recursive: true });

/** A VM that is off, shown on the Details tab. */
async function shownVm() {
  const { manager, starter, address } = await startFakeServer();
  const { id } = await manager.createVm({ name: 'sleepy', kernel: '/boot/Image', initrd: '/boot/initrd' });
  const tab = await openTab(await startBrowser(), address);
  await tab.getByRole('tab', { name: 'Details' }).click();
  const spec = async () => (await manager.listVms())[0]?.spec;
  return { manager, starter, id, tab, app: new AppPage(tab), spec };
}

test('settings are edited, shown, and taken back', async () => {
  const { tab, spec } = await shownVm();
  const before = await spec();
  await tab.getByRole('button', { name: 'Edit settings' }).click();
  const dialog = tab.getByRole('dialog');
  expect(await dialog.getByLabel('Memory').inputValue()).toBe('1G');
  await dialog.getByLabel('Name').fill('awake');
  await dialog.getByLabel('CPUs').fill('4');
  await dialog.getByLabel('Memory').fill('2G');
  await dialog.getByLabel('Initial RAM disk').fill('');
  await dialog.getByLabel('Kernel command line').fill('console=ttyAMA0 quiet');
  await dialog.getByLabel('Vendor events').fill('0x40000001');
  await tab.screenshot({ path: path.join(PICTURES, 'settings.png') });
  expect(await faultsOf(tab)).toEqual([]);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  await tab.getByRole('heading', { name: 'awake' }).waitFor();
  await tab.getByText('2 GiB', { exact: true }).waitFor();
  expect(await spec()).toEqual({
    ...{ ...before, name: 'awake', cpus: 4, memoryBytes: 2 ** 31, commandLine: 'console=ttyAMA0 quiet' },
    initrd: undefined,
    sdei: { enabled: true, events: [0x40000001] },
  });
  await tab.getByRole('status').getByRole('button', { name: 'Undo' }).click();
  await tab.getByRole('heading', { name: 'sleepy' }).waitFor();
  expect(await spec()).toEqual(before);
});

test('what cannot be is said in the dialog, which stays open', async () => {
  const { manager, tab, spec } = await shownVm();
  await manager.createVm({ name: 'other', kernel: '/boot/Image' });
  await tab.getByRole('button', { name: 'Edit settings' }).click();
  const dialog = tab.getByRole('dialog');
  for (const [field, wrong, sentence] of [
    ['Memory', 'much', 'Write the memory as 512M or 2G'],
    ['Kernel file', 'Image', 'kernel: Give the full path of the file'],
    ['Name', 'other', 'There is a VM with the name "other" already'],
  ] as const) {
    const right = await dialog.getByLabel(field).inputValue();
    await dialog.getByLabel(field).fill(wrong);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByRole('alert').getByText(sentence).waitFor();
    await dialog.getByLabel(field).fill(right);
  }
  expect((await spec())?.name).toBe('sleepy');
});

test('a hibernated VM warns before its machine changes, and not for its name', async () => {
  const { manager, starter, id, tab, app, spec } = await shownVm();
  await manager.startVm(id);
  await app.waitForState('Running');
  expect(await tab.getByRole('button', { name: 'Edit settings' }).isDisabled()).toBe(true);
  starter.last.end({ outcome: 'hibernated', message: 'The guest hibernated', offType: 1 });
  await app.waitForState('Hibernated');
  await tab.getByRole('button', { name: 'Edit settings' }).click();
  const dialog = tab.getByRole('dialog');
  await dialog.getByLabel('Name').fill('bear');
  await dialog.getByRole('button', { name: 'Save' }).waitFor();
  await dialog.getByLabel('CPUs').fill('2');
  await dialog.getByText('with another number of CPUs its guest may not resume').waitFor();
  await dialog.getByRole('button', { name: 'Do it anyway' }).click();
  await dialog.waitFor({ state: 'detached' });
  expect(await spec()).toMatchObject({ name: 'bear', cpus: 2 });
  await tab.getByRole('status').getByRole('button', { name: 'Undo' }).click();
  await tab.getByRole('heading', { name: 'sleepy' }).waitFor();
  expect((await spec())?.cpus).toBe(1);
});
