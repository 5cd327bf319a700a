import { chromium, type Browser, type Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';

/** Debian's Chromium, ended with the test. Root may not use the browser's own sandbox; the page is ours. */
export async function startBrowser(): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update'],
  });
  onTestFinished(() => browser.close());
  return browser;
}

/** A tab in which any script error, refused resource or console error fails the test. */
export async function openTab(browser: Browser, address: string): Promise<Page> {
  // A context of its own by name: axe opens its pages in it.
  const context = await browser.newContext({ viewport: { width: 1200, height: 760 } });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  onTestFinished(() => {
    expect(errors).toEqual([]);
  });
  await page.goto(address);
  return page;
}
