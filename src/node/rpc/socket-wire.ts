import type { WebSocket } from 'ws';
import { toDisposable } from '../../common/base/disposable.ts';
import { decode, encode } from '../../common/rpc/codec.ts';
import type { Wire } from '../../common/rpc/wire.ts';

/** What may wait for a slow reader; the largest console snapshot fits several times. */
const MAX_BACKLOG_BYTES = 16 << 20;

/**
 * One WebSocket as a wire. An end that does not read loses the connection rather than filling our memory. Bytes that
 * are no message close it too: the other end is not ours.
 */
export function socketWire(socket: WebSocket): Wire {
  return {
    send(message) {
      if (socket.bufferedAmount > MAX_BACKLOG_BYTES) socket.terminate();
      else if (socket.readyState === socket.OPEN) socket.send(encode(message));
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
