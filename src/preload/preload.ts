import { contextBridge, ipcRenderer } from 'electron';
import { WIRE_CHANNEL, type PreloadBridge } from '../common/contract/preload-bridge.ts';

// Program 3: one wire for the page and nothing else. ipcRenderer itself never reaches it.

const bridge: PreloadBridge = {
  post: (message) => {
    ipcRenderer.send(WIRE_CHANNEL, message);
  },
  onMessage: (listener) => {
    ipcRenderer.removeAllListeners(WIRE_CHANNEL);
    ipcRenderer.on(WIRE_CHANNEL, (_event, message: unknown) => {
      listener(message);
    });
  },
};

contextBridge.exposeInMainWorld('dormouse', bridge);
