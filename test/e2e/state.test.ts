import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openTab, startBrowser } from '../helpers/browser.ts';
import { runCliIn } from '../helpers/cli.ts';
import { startFakeServer } from '../helpers/fake-server.ts';
import { ROOT, startServe } from '../helpers/serve-process.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { AppPage, faultsOf } from './pages/app-page.ts';

/** Pictures for a person to look at; not compared. */
const PICTURES = path.join(ROOT, 'build', 'screenshots');
mkdirSync(PICTURES, { recursive: true });

test('a guest is saved into a file, checked, and goes on from there', async () => {
  const serve = await startServe();
  const kernel = path.join(ROOT, 'resources', 'guests', 'tiny', 'tiny.Image');
  await runCliIn(serve.home, 'create', 'tiny', '--kernel', kernel, '--memory', '64M');
  const tab = await openTab(await startBrowser(), serve.address);
  const app = new AppPage(tab);
  await app.action('Start');
  await app.waitForConsole('tiny>');

  const file = path.join(temporaryFolder(), 'tiny.state');
  await app.action('Save state…');
  const dialog = tab.getByRole('dialog');
  await dialog.getByLabel('File of the state').fill(kernel);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByRole('alert').getByText('exists and is no saved state').waitFor();
  await dialog.getByLabel('File of the state').fill(file);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  await app.waitForState('Saved');

  await app.action('Resume from state…');
  expect(await dialog.getByLabel('File of the state').inputValue()).toBe(file);
  await dialog.getByRole('button', { name: 'Check' }).click();
  await dialog.getByText('It can be restored.').waitFor();
  await tab.screenshot({ path: path.join(PICTURES, 'restore.png') });
  expect(await faultsOf(tab)).toEqual([]);
  await dialog.getByRole('button', { name: 'Resume' }).click();
  await dialog.waitFor({ state: 'detached' });
  await app.waitForState('Running');
  await app.typeLine('echo went-on');
  await app.waitForConsole('went-on');
});

test('what is in the way of a saved state is said, and nothing is started', async () => {
  const { manager, starter, address } = await startFakeServer();
  await manager.createVm({ name: 'sleepy', kernel: '/boot/Image' });
  const common = { subject: 'ID_AA64ISAR0_EL1', field: 'RNDR', saved: '1', offered: '0' };
  starter.prepare = (host) => {
    host.findings = [{ ...common, verdict: 'refused', reason: 'ID_AA64ISAR0_EL1.RNDR is 1 in the state, 0 here' }];
  };
  const tab = await openTab(await startBrowser(), address);
  const app = new AppPage(tab);
  await app.action('Resume from state…');
  const dialog = tab.getByRole('dialog');
  await dialog.getByLabel('File of the state').fill('/tmp/other.state');
  await dialog.getByRole('button', { name: 'Resume' }).click();
  await dialog.getByText('ID_AA64ISAR0_EL1.RNDR is 1 in the state').waitFor();
  await dialog.getByText('It cannot be restored: 1 refused.').waitFor();
  expect(await faultsOf(tab)).toEqual([]);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await app.waitForState('Off');
  expect(starter.hosts.flatMap((host) => host.calls).filter((made) => made.startsWith('restore'))).toEqual([]);
});
