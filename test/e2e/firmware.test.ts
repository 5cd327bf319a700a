import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openTab, startBrowser } from '../helpers/browser.ts';
import { runCliIn } from '../helpers/cli.ts';
import { debianGuest } from '../helpers/debian.ts';
import { ROOT, startServe } from '../helpers/serve-process.ts';
import { AppPage, faultsOf } from './pages/app-page.ts';
import { shownGuest } from './pages/shown-guest.ts';

/** Pictures for a person to look at; not compared. */
const PICTURES = path.join(ROOT, 'build', 'screenshots');
mkdirSync(PICTURES, { recursive: true });

const ASKED = { id: 1, call: 'SYSTEM_OFF2', vcpu: 1, arguments: ['0x1', '0x0'], timeoutMs: 30_000 } as const;

test('a question of the guest stands in every window, and the first answer closes it in all', async () => {
  const { starter, address, browser, tab } = await shownGuest();
  const other = await openTab(browser, address);
  await other.getByRole('toolbar').waitFor();
  starter.last.ask(ASKED);

  for (const page of [tab, other]) {
    const dialog = page.getByRole('dialog');
    await dialog.getByText('“sleepy” asks').waitFor();
    await dialog.getByText('vCPU 1 of the guest calls SYSTEM_OFF2').waitFor();
    await dialog.getByText('SYSTEM_OFF2(0x1, 0x0)').waitFor();
    await dialog
      .getByRole('timer')
      .getByText(/^Allowed in (30|29|28) s if nobody answers$/)
      .waitFor();
  }
  await tab.screenshot({ path: path.join(PICTURES, 'policy.png') });
  await tab.getByRole('dialog').getByRole('button', { name: 'Deny' }).click();
  for (const page of [tab, other]) {
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByText('SYSTEM_OFF2 of “sleepy” was denied').waitFor();
  }
  expect(starter.last.calls.filter((made) => made.startsWith('answer'))).toEqual(['answer 1 deny']);
});

test('a window that opens while the guest waits shows the question; the countdown runs out with the default', async () => {
  const { starter, address, browser } = await shownGuest();
  starter.last.ask({ ...ASKED, timeoutMs: 4000 });
  const late = await openTab(browser, address);
  await late.getByRole('dialog').getByText('“sleepy” asks').waitFor();
  await late.getByText('SYSTEM_OFF2 of “sleepy” was allowed; nobody answered in time').waitFor({ timeout: 8000 });
  expect(await late.getByRole('dialog').count()).toBe(0);
});

test('Escape leaves the answer to others', async () => {
  const { manager, starter, tab } = await shownGuest();
  starter.last.ask(ASKED);
  await tab.getByRole('dialog').waitFor();
  await tab.keyboard.press('Escape');
  await tab.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await manager.policyRequests()).toHaveLength(1);
});

test('an event is injected, and what became of it is said', async () => {
  const { starter, tab } = await shownGuest();
  await tab.getByRole('tab', { name: 'Firmware' }).click();
  await tab.getByLabel('Event', { exact: true }).selectOption('0x40000001');
  await tab.getByLabel('To', { exact: true }).selectOption('vCPU 1');
  await tab.getByRole('button', { name: 'Inject' }).click();
  await tab.getByTestId('sdei-outcome').getByText('vCPU 0: pending (masked)').waitFor();
  expect(starter.last.calls).toContain('inject 1073741825 1');
});

test('a suspended guest is woken with a button, and a hibernated one tells how it ended', async () => {
  const { starter, tab, app } = await shownGuest();
  starter.last.listener.state('suspended');
  await app.waitForState('Suspended');
  await app.action('Wake');
  expect(starter.last.calls).toContain('wake');
  starter.last.listener.reset({ kind: 'warm', type: 0, cookie: '0xbeef' });
  starter.last.listener.state('running');
  await app.waitForState('Running');
  starter.last.end({ outcome: 'hibernated', message: 'The guest hibernated', offType: 1 });
  await app.waitForState('Hibernated');
  await tab.getByRole('tab', { name: 'Details' }).click();
  await tab.getByText(/^Hibernated \(type 1, PSCI 1\.3\)/).waitFor();
});

test('the PSCI version of a hibernated VM is changed with a warning, and back', async () => {
  const { manager, starter, id, tab, app } = await shownGuest();
  starter.last.end({ outcome: 'hibernated', message: 'The guest hibernated', offType: 1 });
  await app.waitForState('Hibernated');
  await tab.getByRole('tab', { name: 'Firmware' }).click();
  await tab.getByRole('button', { name: 'Change' }).click();
  const dialog = tab.getByRole('dialog');
  await dialog.getByLabel('PSCI version').selectOption('1.1');
  await dialog.getByText('Functions lost: SYSTEM_OFF2').waitFor();
  await dialog.getByText('with another version it may not resume').waitFor();
  await tab.screenshot({ path: path.join(PICTURES, 'psci.png') });
  expect(await faultsOf(tab)).toEqual([]);
  await dialog.getByRole('button', { name: 'Do it anyway' }).click();
  await tab.getByRole('heading', { name: 'PSCI version 1.1' }).waitFor();
  await tab.getByRole('status').getByRole('button', { name: 'Undo', exact: true }).click();
  await tab.getByRole('heading', { name: 'PSCI version 1.3' }).waitFor();
  await manager.setPsci(id, '1.1', true);
  await tab.getByRole('button', { name: 'Undo the last change' }).click();
  await tab.getByRole('heading', { name: 'PSCI version 1.3' }).waitFor();
  expect((await manager.listVms()).find((vm) => vm.id === id)?.psciChanges).toEqual([]);
});

test('a policy chosen in the window is kept and reaches the running machine', async () => {
  const { manager, starter, tab } = await shownGuest();
  await tab.getByRole('tab', { name: 'Firmware' }).click();
  await tab.getByLabel('SYSTEM_SUSPEND').selectOption('Deny');
  await expect.poll(() => starter.last.policy?.policy.SYSTEM_SUSPEND).toBe('deny');
  await tab.getByLabel('Seconds to answer').fill('2.5');
  await tab.getByLabel('Seconds to answer').press('Tab');
  await tab.getByLabel('When nobody answers').selectOption('Deny');
  await expect.poll(() => starter.last.policy).toMatchObject({ policyTimeoutMs: 2500, policyDefault: 'deny' });
  expect((await manager.listVms())[0]?.spec.policy).toMatchObject({
    calls: { SYSTEM_SUSPEND: 'deny' },
    timeoutMs: 2500,
    unanswered: 'deny',
  });
});

test.each(['light', 'dark'] as const)(
  'firmware and question have no accessibility fault in the %s scheme',
  async (colorScheme) => {
    const { starter, tab } = await shownGuest();
    await tab.emulateMedia({ colorScheme });
    await tab.getByRole('tab', { name: 'Firmware' }).click();
    await tab.getByRole('button', { name: 'Inject' }).click();
    await tab.getByText('pending (masked)').waitFor();
    await tab.screenshot({ path: path.join(PICTURES, `firmware-${colorScheme}.png`) });
    expect(await faultsOf(tab)).toEqual([]);
    starter.last.ask(ASKED);
    await tab.getByRole('dialog').getByText('asks').waitFor();
    await tab.screenshot({ path: path.join(PICTURES, `policy-${colorScheme}.png`) });
    expect(await faultsOf(tab)).toEqual([]);
  },
);

test('a real guest that wants to restart is asked about in the window, and its calls are shown', async () => {
  const guest = await debianGuest('6.12-cloud');
  const serve = await startServe();
  const rules = ['--policy', 'SYSTEM_RESET=ask', '--policy-timeout', '60'];
  const files = ['--kernel', guest.kernel, '--initrd', guest.initrd];
  await runCliIn(serve.home, 'create', 'debian', ...files, '--cpus', '2', ...rules);
  const tab = await openTab(await startBrowser(), serve.address);
  const app = new AppPage(tab);
  await app.action('Start');
  await app.waitForConsole('busybox shell');

  await app.typeLine('reboot -f');
  const dialog = tab.getByRole('dialog');
  await dialog.getByText('of the guest calls SYSTEM_RESET').waitFor({ timeout: 30_000 });
  await dialog.getByRole('button', { name: 'Allow' }).click();
  await tab.getByText('SYSTEM_RESET of “debian” was allowed').waitFor();
  await app.waitForState('Running');

  await tab.getByRole('tab', { name: 'Calls' }).click();
  await tab.getByLabel('Filter').fill('system_reset');
  await tab.getByRole('rowheader', { name: 'SYSTEM_RESET' }).waitFor();
  await tab.getByLabel('Filter').fill('cpu_on success');
  await tab.getByRole('rowheader', { name: 'CPU_ON' }).first().waitFor({ timeout: 30_000 });
  await tab.getByLabel('Filter').fill('');
  await tab.screenshot({ path: path.join(PICTURES, 'calls-debian.png') });
  await tab.getByRole('tab', { name: 'Details' }).click();
  await tab.getByText('cold, type 0x0, cookie 0x0').waitFor();
});
