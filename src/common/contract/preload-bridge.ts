/** The one IPC channel between the page and Electron's main process. */
export const WIRE_CHANNEL = 'dormouse-wire';

/** What the preload puts on `window.dormouse`: one wire and nothing else. */
export interface PreloadBridge {
  readonly post: (message: unknown) => void;
  readonly onMessage: (listener: (message: unknown) => void) => void;
}
