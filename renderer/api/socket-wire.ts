import { toDisposable } from '../../src/common/base/disposable.ts';
import { decode, encode } from '../../src/common/rpc/codec.ts';
import type { Wire } from '../../src/common/rpc/wire.ts';

/** The connection could not be opened. Browsers do not say why. */
export class SocketRefused extends Error {}

/** Opens the API's WebSocket. The token travels as a subprotocol, the one header a page can set. */
export async function openSocketWire(url: URL, token: string): Promise<Wire> {
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(url, ['dormouse.v1', `token.${token}`]);
  socket.binaryType = 'arraybuffer';
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => {
      resolve();
    });
    socket.addEventListener('close', () => {
      reject(new SocketRefused());
    });
  });
  return {
    send(message) {
      if (socket.readyState === WebSocket.OPEN) socket.send(encode(message));
    },
    onMessage(listener) {
      socket.addEventListener('message', (event: MessageEvent<ArrayBuffer>) => {
        listener(decode(new Uint8Array(event.data)));
      });
    },
    onClose(listener) {
      socket.addEventListener('close', listener);
      return toDisposable(() => {
        socket.removeEventListener('close', listener);
      });
    },
  };
}
