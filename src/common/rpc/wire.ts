import type { Disposable } from '../base/disposable.ts';

/** A two-way pipe for plain data (and Uint8Array): a child process, a WebSocket, a preload bridge. */
export interface Wire {
  send(message: unknown): void;
  /** Resolves when the system has taken everything sent so far; absent on a wire that cannot tell. */
  flushed?(): Promise<void>;
  /** Exactly one listener. */
  onMessage(listener: (message: unknown) => void): void;
  onClose(listener: () => void): Disposable;
}
