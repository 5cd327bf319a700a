import { expect, test } from 'vitest';
import { faultsOf } from './pages/app-page.ts';
import { countedStats, shownGuest } from './pages/shown-guest.ts';

test('counters are shown in groups, of all vCPUs or of one, and go on', async () => {
  const { starter, tab, app } = await shownGuest();
  starter.last.stats = countedStats();
  await tab.getByRole('tab', { name: 'Counters' }).click();
  const valueOf = (name: string) =>
    tab
      .getByRole('row')
      .filter({ has: tab.getByRole('rowheader', { name, exact: true }) })
      .getByRole('cell')
      .first();
  await valueOf('instructionsRetired').getByText('1,001', { exact: true }).waitFor();
  await valueOf('SYS').getByText('34,034', { exact: true }).waitFor();
  await tab.getByText('guest instructions that completed').waitFor();
  expect(await tab.getByRole('rowheader', { name: 'Translation (JIT)' }).count()).toBe(1);
  expect(await faultsOf(tab)).toEqual([]);

  await tab.getByRole('combobox').selectOption('vCPU 1');
  await valueOf('instructionsRetired').getByText('1', { exact: true }).waitFor();
  const [first = {}, second = {}] = countedStats().counters;
  starter.last.stats = { ...countedStats(), counters: [first, { ...second, instructionsRetired: 77 }] };
  await valueOf('instructionsRetired').getByText('77', { exact: true }).waitFor();

  starter.last.end({ outcome: 'powered-off', message: 'Off' });
  await app.waitForState('Off');
  await tab.getByText('What the engine counts is shown while the VM runs').waitFor();
});
