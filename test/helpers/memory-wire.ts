import { toDisposable } from '../../src/common/base/disposable.ts';
import type { Wire } from '../../src/common/rpc/wire.ts';

interface End {
  listener: (message: unknown) => void;
  readonly closers: Set<() => void>;
}

/** Two ends of a wire in one process; messages are cloned and arrive later, as on a real one. */
export function memoryWires(): { readonly a: Wire; readonly b: Wire; close(): void } {
  const ends: [End, End] = [
    { listener: () => undefined, closers: new Set() },
    { listener: () => undefined, closers: new Set() },
  ];
  const make = (own: End, other: End): Wire => ({
    send(message) {
      const copy: unknown = structuredClone(message);
      setImmediate(() => {
        other.listener(copy);
      });
    },
    onMessage(listener) {
      own.listener = listener;
    },
    onClose(listener) {
      own.closers.add(listener);
      return toDisposable(() => own.closers.delete(listener));
    },
  });
  return {
    a: make(ends[0], ends[1]),
    b: make(ends[1], ends[0]),
    close() {
      for (const end of ends) for (const closer of end.closers) closer();
    },
  };
}
