import { EventEmitter } from 'node:events';

/** As much of Electron as src/main and src/preload use, recording what they do with it. */
export const ipcMain = new EventEmitter();

export class FakeContents extends EventEmitter {
  readonly mainFrame = { url: '' };
  readonly sent: unknown[] = [];
  openHandler: (() => { action: string }) | undefined;
  permission: boolean | undefined;
  headers: Record<string, string[]> | undefined;
  readonly session = {
    setPermissionRequestHandler: (handler: (c: unknown, p: string, answer: (ok: boolean) => void) => void) => {
      handler(this, 'media', (ok) => (this.permission = ok));
    },
    webRequest: {
      onHeadersReceived: (
        handler: (details: object, answer: (a: { responseHeaders: Record<string, string[]> }) => void) => void,
      ) => {
        handler({ responseHeaders: {} }, (answer) => (this.headers = answer.responseHeaders));
      },
    },
  };
  setWindowOpenHandler(handler: () => { action: string }): void {
    this.openHandler = handler;
  }
  isDestroyed(): boolean {
    return false;
  }
  send(_channel: string, message: unknown): void {
    this.sent.push(message);
  }
}

export class BrowserWindow extends EventEmitter {
  static readonly all: BrowserWindow[] = [];
  readonly webContents = new FakeContents();
  readonly options: Record<string, unknown>;
  loaded: string | undefined;
  constructor(options: Record<string, unknown>) {
    super();
    this.options = options;
    BrowserWindow.all.push(this);
    app.emit('web-contents-created', {}, this.webContents);
  }
  static getAllWindows(): BrowserWindow[] {
    return BrowserWindow.all;
  }
  loadFile(file: string): Promise<void> {
    this.loaded = file;
    return Promise.resolve();
  }
  focus(): void {
    this.emit('focus');
  }
}

class FakeApp extends EventEmitter {
  requestSingleInstanceLock(): boolean {
    return true;
  }
  whenReady(): Promise<void> {
    return Promise.resolve();
  }
  quit(): void {
    this.emit('quit');
  }
}
export const app = new FakeApp();

export const utilityProcess = {
  fork: () => {
    throw new Error('No test starts a utility process');
  },
};

export const exposed: Record<string, unknown> = {};
export const contextBridge = {
  exposeInMainWorld: (name: string, value: unknown) => {
    exposed[name] = value;
  },
};
export const ipcRenderer = Object.assign(new EventEmitter(), {
  sent: [] as unknown[],
  send(_channel: string, message: unknown) {
    this.sent.push(message);
  },
});
