import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { ROOT } from '../helpers/serve-process.ts';
import { bootTrace, call, shownGuest, TRACE } from './pages/shown-guest.ts';

/** Pictures for a person to look at; not compared. */
const PICTURES = path.join(ROOT, 'build', 'screenshots');
mkdirSync(PICTURES, { recursive: true });

const selected = (tab: Page) => tab.getByTestId('selected-call');

test('the calls come as they are made, are filtered, and are reached by keyboard alone', async () => {
  const { starter, tab } = await shownGuest();
  await tab.getByRole('tab', { name: 'Console' }).focus();
  for (let i = 0; i < 3; i++) await tab.keyboard.press('ArrowRight');
  const table = tab.getByRole('table');
  await table.getByRole('row').nth(4).waitFor();
  expect(await table.getByRole('row').nth(3).getByRole('cell').allTextContents()).toEqual([
    '2.000000014',
    '0',
    'ALREADY_ON',
    'target_cpu=0x2',
  ]);

  starter.last.trace = [...TRACE.slice(0, 3), call(3, 1, 'CPU_OFF', 'DENIED'), call(4, 1, 'SYSTEM_RESET', null)];
  await table.getByText('DENIED').waitFor();
  await tab.getByText('5 calls').waitFor();
  await tab.getByLabel('Filter').focus();
  await tab.keyboard.type('vcpu 0 cpu_on');
  await tab.getByText('2 of 5 calls').waitFor();
  const focused = () => tab.evaluate(() => document.activeElement?.getAttribute('aria-label'));
  for (const stop of ['Zoom out', 'Zoom in', 'Timeline of the firmware calls', 'Firmware calls']) {
    await tab.keyboard.press('Tab');
    expect(await focused()).toBe(stop);
  }
});

test('a name is one line: neither a function nor a result is broken inside', async () => {
  const long = call(1, 1, 'SDEI_EVENT_COMPLETE_AND_RESUME', 'INVALID_PARAMETERS');
  const { tab } = await shownGuest([
    call(0, 0, 'CPU_ON', 'SUCCESS'),
    { ...long, arguments: bootTrace()[3]?.arguments ?? [] },
  ]);
  await tab.getByRole('tab', { name: 'Calls' }).click();
  await tab.getByRole('cell', { name: 'INVALID_PARAMETERS' }).waitFor();
  const lines = (of: string) =>
    tab.locator(`tbody tr :nth-child(${of}):is(th, td)`).evaluateAll((cells) =>
      cells.map((cell) => {
        const content = document.createRange();
        content.selectNodeContents(cell);
        return new Set([...content.getClientRects()].map(({ top }) => Math.round(top))).size;
      }),
    );
  for (const width of [1200, 640]) {
    await tab.setViewportSize({ width, height: 760 });
    expect([await lines('3'), await lines('4')]).toEqual([
      [1, 1],
      [1, 1],
    ]);
  }
  expect(await tab.evaluate(() => document.documentElement.scrollWidth)).toBe(640);
});

test('the keys go along the timeline from call to call, and from vCPU to vCPU', async () => {
  const { tab } = await shownGuest();
  await tab.getByRole('tab', { name: 'Calls' }).click();
  const timeline = tab.getByTestId('timeline');
  await timeline.getByText('vCPU 1').waitFor();
  await timeline.focus();
  for (const [key, line] of [
    ['Home', 'vCPU 0  PSCI_VERSION(target_cpu=0x0) = PSCI 1.3'],
    ['ArrowRight', 'vCPU 0  CPU_ON(target_cpu=0x1) = SUCCESS'],
    ['ArrowDown', 'vCPU 1  CPU_OFF(target_cpu=0x3)'],
    ['ArrowUp', 'vCPU 0  CPU_ON(target_cpu=0x2) = ALREADY_ON'],
    ['ArrowLeft', 'vCPU 0  CPU_ON(target_cpu=0x1) = SUCCESS'],
    ['End', 'vCPU 1  CPU_OFF(target_cpu=0x3)'],
    ['ArrowRight', 'vCPU 1  CPU_OFF(target_cpu=0x3)'],
  ] as const) {
    await timeline.press(key);
    await expect.poll(() => selected(tab).textContent()).toContain(line);
  }
  expect(await tab.locator('tr.selected').getByRole('rowheader').textContent()).toBe('CPU_OFF');
});

test('the timeline zooms around what is looked at, moves, and shows everything again', async () => {
  const { tab } = await shownGuest(bootTrace());
  await tab.getByRole('tab', { name: 'Calls' }).click();
  const timeline = tab.getByTestId('timeline');
  const marks = timeline.locator('.mark');
  await tab.getByText(`${bootTrace().length} calls`).waitFor();
  const before = await marks.count();
  await timeline.focus();
  await timeline.press('Home');
  for (let i = 0; i < 20; i++) await timeline.press('+');
  await tab.screenshot({ path: path.join(PICTURES, 'calls-zoomed.png') });
  // The first three calls are one mark from afar.
  await timeline.getByText('PSCI_FEATURES').waitFor();
  expect(await marks.count()).toBeLessThan(before);
  for (let i = 0; i < 3; i++) await timeline.press('ArrowRight');
  await expect.poll(() => selected(tab).textContent()).toContain('CPU_ON(target_cpu=0x1');
  await timeline.locator('.ring').waitFor();
  await timeline.hover();
  await tab.mouse.wheel(0, 400);
  await timeline.press('0');
  await expect.poll(() => marks.count()).toBe(before);
  expect(await tab.getByRole('button', { name: 'Everything' }).isDisabled()).toBe(true);

  const last = marks.last();
  await last.click();
  await expect.poll(() => selected(tab).textContent()).toContain('CPU_OFF()');
});
