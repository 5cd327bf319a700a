import type { WebSocket } from 'ws';
import { toDisposable } from '../../common/base/disposable.ts';
import { decode, encode } from '../../common/rpc/codec.ts';
import type { Wire } from '../../common/rpc/wire.ts';

/** One WebSocket as a wire. Bytes that are no message close the connection: the other end is not ours. */
export function socketWire(socket: WebSocket): Wire {
  return {
    send(message) {
      if (socket.readyState === socket.OPEN) socket.send(encode(message));
    },
    onMessage(listener) {
      socket.on('message', (data: Buffer) => {
        try {
          listener(decode(data));
        } catch {
          socket.close(1003, 'Not a message of ours');
        }
      });
    },
    onClose(listener) {
      socket.once('close', listener);
      return toDisposable(() => socket.off('close', listener));
    },
  };
}
