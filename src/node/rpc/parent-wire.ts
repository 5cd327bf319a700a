import { toDisposable } from '../../common/base/disposable.ts';
import type { Wire } from '../../common/rpc/wire.ts';

/** What Electron adds to `process` in a utility process. */
interface ParentPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): void;
}

function parentPort(): ParentPort | undefined {
  return (process as NodeJS.Process & { readonly parentPort?: ParentPort }).parentPort;
}

function portWire(port: ParentPort): Wire {
  return {
    send(message) {
      port.postMessage(message);
    },
    onMessage(listener) {
      port.on('message', (event) => {
        listener(event.data);
      });
    },
    // Electron ends its utility processes with its main process; no event comes first.
    onClose: () => toDisposable(() => undefined),
  };
}

function ipcWire(): Wire {
  let newest = Promise.resolve();
  return {
    send(message) {
      if (!process.connected) return;
      newest = new Promise((resolve) => {
        // Called with an error when the parent goes: then nothing is left to wait for either.
        process.send?.(message, undefined, undefined, () => resolve());
      });
    },
    flushed: () => newest,
    onMessage(listener) {
      process.on('message', listener);
    },
    onClose(listener) {
      process.once('disconnect', listener);
      return toDisposable(() => process.off('disconnect', listener));
    },
  };
}

/** The child's end of the wire to whoever started this process: Electron or Node. */
export function parentWire(): Wire {
  const port = parentPort();
  return port ? portWire(port) : ipcWire();
}
