import { ipcMain, type BrowserWindow, type IpcMainEvent } from 'electron';
import { toDisposable } from '../../common/base/disposable.ts';
import { WIRE_CHANNEL } from '../../common/contract/preload-bridge.ts';
import type { Wire } from '../../common/rpc/wire.ts';
import { isOurPage } from '../security.ts';

/**
 * The only import of ipcMain. A message counts only when the main frame of our own window sent it while it showed our own
 * page; anything else is dropped.
 */
export function windowWire(window: BrowserWindow): Wire {
  const contents = window.webContents;
  return {
    send(message) {
      if (!contents.isDestroyed()) contents.send(WIRE_CHANNEL, message);
    },
    onMessage(listener) {
      const onMessage = (event: IpcMainEvent, message: unknown) => {
        const frame = event.senderFrame;
        if (event.sender === contents && frame === contents.mainFrame && isOurPage(frame.url)) listener(message);
      };
      ipcMain.on(WIRE_CHANNEL, onMessage);
      window.once('closed', () => ipcMain.off(WIRE_CHANNEL, onMessage));
    },
    onClose(listener) {
      window.once('closed', listener);
      return toDisposable(() => window.off('closed', listener));
    },
  };
}
