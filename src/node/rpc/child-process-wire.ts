import type { ChildProcess } from 'node:child_process';
import { toDisposable } from '../../common/base/disposable.ts';
import type { Wire } from '../../common/rpc/wire.ts';

/** The parent's end of a child process forked with `serialization: 'advanced'`. */
export function childProcessWire(child: ChildProcess): Wire {
  return {
    send(message) {
      if (child.connected) child.send(message as object, () => undefined);
    },
    onMessage(listener) {
      child.on('message', listener);
    },
    onClose(listener) {
      child.once('disconnect', listener);
      return toDisposable(() => child.off('disconnect', listener));
    },
  };
}
