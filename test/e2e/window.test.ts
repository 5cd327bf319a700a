import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openTab, startBrowser } from '../helpers/browser.ts';
import { debianGuest } from '../helpers/debian.ts';
import { startFakeServer } from '../helpers/fake-server.ts';
import { ROOT, startServe } from '../helpers/serve-process.ts';
import { AppPage, faultsOf } from './pages/app-page.ts';

/** Pictures for a person to look at; not compared. */
const PICTURES = path.join(ROOT, 'build', 'screenshots');
mkdirSync(PICTURES, { recursive: true });

test('a person creates a Debian guest, types in its console, closes the tab, comes back, and stops it', async () => {
  const guest = await debianGuest('6.12-cloud');
  const serve = await startServe();
  const browser = await startBrowser();
  const tab = await openTab(browser, serve.address);
  const app = new AppPage(tab);

  await app.create({ name: 'debian', ...guest, commandLine: 'console=ttyAMA0' });
  await app.waitForState('Running');
  await app.waitForConsole('busybox shell');
  await app.typeLine('uname -a');
  await app.waitForConsole(`SMP Debian ${guest.version}`);
  await tab.screenshot({ path: path.join(PICTURES, 'console.png') });

  // The tab closes; the guest goes on; a new tab shows what was there.
  await tab.close();
  const secondTab = await openTab(browser, serve.address);
  const again = new AppPage(secondTab);
  await again.waitForState('Running');
  await again.waitForConsole(`SMP Debian ${guest.version}`, 10_000);
  await again.typeLine('echo still-$((40+2))');
  await again.waitForConsole('still-42');

  await again.action('Pause');
  await again.waitForState('Paused');
  await again.action('Resume');
  await again.waitForState('Running');
  await again.action('Cut power');
  await secondTab.getByRole('dialog').getByRole('button', { name: 'Cut the power' }).click();
  await again.waitForState('Off');
  await secondTab.screenshot({ path: path.join(PICTURES, 'stopped.png') });
});

test('a kernel that is none is refused in words, and a deleted VM comes back', async () => {
  const serve = await startServe();
  const tab = await openTab(await startBrowser(), serve.address);
  const app = new AppPage(tab);

  await app.create({ name: 'wrong', kernel: path.join(ROOT, 'package.json') });
  await tab
    .getByRole('status')
    .getByText(/package\.json/)
    .waitFor();
  await app.waitForState('Off');
  await tab.getByRole('button', { name: 'Dismiss' }).first().click();

  await app.action('Delete');
  await tab.getByText('No virtual machines yet').waitFor();
  await tab.getByRole('button', { name: 'Undo' }).click();
  await tab.getByRole('navigation').getByText('wrong').waitFor();
  expect(await tab.getByRole('navigation').getByRole('listitem').count()).toBe(1);
});

test.each(['light', 'dark'] as const)('the window has no accessibility fault in the %s scheme', async (colorScheme) => {
  const serve = await startServe();
  const browser = await startBrowser();
  const context = await browser.newContext({ colorScheme });
  const tab = await context.newPage();
  await tab.goto(serve.address);
  await tab.getByRole('button', { name: 'New VM' }).click();
  await tab.getByRole('dialog').waitFor();
  await tab.screenshot({ path: path.join(PICTURES, `create-${colorScheme}.png`) });
  expect(await faultsOf(tab)).toEqual([]);
});

test('the window says which engine a VM gets, and why', async () => {
  const { manager, address } = await startFakeServer();
  await manager.createVm({ name: 'sleepy', kernel: '/boot/Image' });
  const tab = await openTab(await startBrowser(), address);
  const sentence = 'emulator: Emulated, because KVM is not available: There is no /dev/kvm';
  await tab.getByRole('tab', { name: 'Details' }).click();
  await tab.getByText(`Automatic – ${sentence}`).waitFor();
  await tab.getByRole('button', { name: 'New VM' }).click();
  const dialog = tab.getByRole('dialog');
  await dialog.getByText(sentence, { exact: true }).waitFor();
  await dialog.getByLabel('Engine').selectOption('KVM');
  await dialog.getByText('KVM is not available: There is no /dev/kvm').waitFor();
});

test('a page without the key is told where to find it', async () => {
  const serve = await startServe();
  const tab = await openTab(await startBrowser(), serve.url);
  await tab.getByText('it carries the key').waitFor();
});
