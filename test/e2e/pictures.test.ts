import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../helpers/serve-process.ts';
import { faultsOf } from './pages/app-page.ts';
import { bootTrace, countedStats, shownGuest } from './pages/shown-guest.ts';

/** Pictures for a person to look at; not compared. */
const PICTURES = path.join(ROOT, 'build', 'screenshots');
mkdirSync(PICTURES, { recursive: true });

test.each([
  ['light', 800],
  ['dark', 1200],
  ['light', 1600],
] as const)('no tab has an accessibility fault or is wider than the window, %s at %d pixels', async (scheme, width) => {
  const { starter, tab, app } = await shownGuest(bootTrace());
  await tab.emulateMedia({ colorScheme: scheme });
  await tab.setViewportSize({ width, height: 760 });
  starter.last.stats = countedStats();
  starter.last.print('Welcome to a guest that a test plays\r\n# ');
  await app.waitForConsole('Welcome');
  for (const name of ['Console', 'Details', 'Firmware', 'Calls', 'Memory map', 'Counters']) {
    await tab.getByRole('tab', { name }).click();
    await tab.getByRole('tabpanel').waitFor();
    await tab.screenshot({
      path: path.join(PICTURES, `tab-${name.toLowerCase().replace(' ', '-')}-${scheme}-${width}.png`),
    });
    expect(await faultsOf(tab), name).toEqual([]);
    expect(await tab.evaluate(() => document.documentElement.scrollWidth - innerWidth), name).toBeLessThanOrEqual(0);
  }
  await tab.getByRole('tab', { name: 'Calls' }).click();
  await tab.getByTestId('timeline').getByText('vCPU 3').waitFor();
  const calls = tab.getByRole('group', { name: 'Firmware calls', exact: true });
  expect(await calls.evaluate((box) => box.scrollWidth - box.clientWidth)).toBe(0);
});
