import { app, BrowserWindow } from 'electron';
import { serveApp } from '../node/manager/app-session.ts';
import { dataDirectory } from '../node/host/paths.ts';
import { Manager } from '../node/manager/manager.ts';
import { windowWire } from './ipc/window-wire.ts';
import { lockDown, PAGE, webPreferences } from './security.ts';
import { UtilityProcessStarter } from './utility-process-starter.ts';

// Program 2: Electron's main process, a thin face of the manager.

async function openWindow(manager: Manager): Promise<void> {
  const window = new BrowserWindow({ width: 1200, height: 800, title: 'Dormouse', webPreferences: webPreferences() });
  serveApp(manager, windowWire(window));
  await window.loadFile(PAGE);
}

async function main(): Promise<void> {
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  lockDown(app);
  const manager = new Manager(dataDirectory(), new UtilityProcessStarter());
  await Promise.all([app.whenReady(), manager.load()]);
  await openWindow(manager);
  app.on('second-instance', () => {
    const [window] = BrowserWindow.getAllWindows();
    window?.focus();
  });
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) void openWindow(manager);
  });
  app.on('window-all-closed', () => {
    void manager.dispose().then(() => {
      app.quit();
    });
  });
}

void main();
