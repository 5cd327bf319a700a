import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { WIRE_CHANNEL } from '../../../src/common/contract/preload-bridge.ts';
import { app, BrowserWindow, ipcMain } from '../../helpers/electron-fake.ts';

vi.mock('electron', () => import('../../helpers/electron-fake.ts'));

const home = mkdtempSync(path.join(tmpdir(), 'dormouse-test-'));
const LIST_VMS = { t: 'q', i: 'call-1', m: 'listVms', a: [] };

function theWindow(): BrowserWindow {
  const [window] = BrowserWindow.all;
  if (!window) throw new Error('main opened no window');
  return window;
}

function sendFrom(sender: unknown, senderFrame: unknown): void {
  ipcMain.emit(WIRE_CHANNEL, { sender, senderFrame }, structuredClone(LIST_VMS));
}

/** Time enough for an answer that must not come. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

beforeAll(async () => {
  process.env['DORMOUSE_HOME'] = home;
  await import('../../../src/main/main.ts');
  await vi.waitFor(() => expect(BrowserWindow.all).toHaveLength(1));
  const window = theWindow();
  await vi.waitFor(() => expect(window.loaded).toBeDefined());
  window.webContents.mainFrame.url = pathToFileURL(window.loaded ?? '').href;
});

afterAll(() => {
  rmSync(home, { recursive: true });
});

test('main opens one window without Node, in its own world, in a sandbox', () => {
  expect(theWindow().options['webPreferences']).toMatchObject({
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    webviewTag: false,
  });
});

test('the page can neither navigate away, nor open windows, nor get permissions, and carries our policy', () => {
  const { webContents } = theWindow();
  const event = { preventDefault: vi.fn() };
  webContents.emit('will-navigate', event);
  expect(event.preventDefault).toHaveBeenCalled();
  expect(webContents.openHandler?.()).toEqual({ action: 'deny' });
  expect(webContents.permission).toBe(false);
  expect(webContents.headers?.['Content-Security-Policy']?.[0]).toContain("default-src 'none'");
});

test('a call from our page is answered', async () => {
  const { webContents } = theWindow();
  sendFrom(webContents, webContents.mainFrame);
  await vi.waitFor(() => expect(webContents.sent).toHaveLength(1));
  expect(webContents.sent[0]).toMatchObject({ i: 'call-1', r: { ok: true, value: [] } });
});

test.each([
  ['another window', () => [{}, theWindow().webContents.mainFrame]],
  ['a frame inside the page', () => [theWindow().webContents, { url: theWindow().webContents.mainFrame.url }]],
] as const)('a call from %s is dropped', async (_who, from) => {
  const { webContents } = theWindow();
  webContents.sent.length = 0;
  const [sender, frame] = from();
  sendFrom(sender, frame);
  await settle();
  expect(webContents.sent).toEqual([]);
});

test('a call from our frame that shows another page is dropped', async () => {
  const { webContents } = theWindow();
  webContents.sent.length = 0;
  const ours = webContents.mainFrame.url;
  webContents.mainFrame.url = 'file:///tmp/evil.html';
  sendFrom(webContents, webContents.mainFrame);
  await settle();
  webContents.mainFrame.url = ours;
  expect(webContents.sent).toEqual([]);
});

test('a second start of the program shows the window of the first', () => {
  const focused = vi.fn();
  theWindow().on('focus', focused);
  app.emit('second-instance');
  expect(focused).toHaveBeenCalledOnce();
});
