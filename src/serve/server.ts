import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { WebSocketServer } from 'ws';
import { serveApp } from '../node/manager/app-session.ts';
import type { Manager } from '../node/manager/manager.ts';
import { applicationRoot } from '../node/host/paths.ts';
import { socketWire } from '../node/rpc/socket-wire.ts';
import { allowedHosts, isAllowedOrigin } from './origin.ts';
import { METRICS_PATH, serveMetrics } from './metrics.ts';
import { serveStatic } from './static-files.ts';
import { sameToken } from './token.ts';

export interface Server {
  /** Address of the page, without the token. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** WebSocket subprotocols: ours, and one that carries the token (browsers can send no other header). */
export const PROTOCOL = 'dormouse.v1';
const TOKEN_PREFIX = 'token.';
/** A call is small; console input is at most 64 KiB. */
const MAX_MESSAGE_BYTES = 1 << 20;

function presentedToken(request: IncomingMessage): string {
  const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((text) => text.trim());
  return protocols.find((text) => text.startsWith(TOKEN_PREFIX))?.slice(TOKEN_PREFIX.length) ?? '';
}

/**
 * Serves the page, the API and the metrics on the loopback interface alone. The page itself is public; the others demand
 * the token and a Host header of ours, the API also, from a browser, our own Origin.
 * @param port 0 to 65535; 0 lets the system choose.
 */
export async function startServer(manager: Manager, token: string, port: number): Promise<Server> {
  const root = path.join(applicationRoot(), 'dist', 'renderer');
  const http = createServer();
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
  });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, '127.0.0.1', resolve);
  });
  const bound = (http.address() as AddressInfo).port;
  const isOurs = (request: IncomingMessage) => allowedHosts(bound).includes(request.headers.host ?? '');

  http.on('request', (request, response) => {
    if (!isOurs(request)) response.writeHead(421).end();
    else if (request.url === METRICS_PATH) void serveMetrics(manager, token, request, response);
    else void serveStatic(root, request, response);
  });
  http.on('upgrade', (request, socket, head) => {
    const allowed =
      isOurs(request) && isAllowedOrigin(request.headers.origin, bound) && sameToken(token, presentedToken(request));
    if (!allowed) {
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => {
      serveApp(manager, socketWire(client));
    });
  });
  return {
    url: `http://127.0.0.1:${bound}/`,
    port: bound,
    close: async () => {
      for (const client of sockets.clients) client.terminate();
      http.closeAllConnections();
      await new Promise<void>((resolve) => http.close(() => resolve()));
    },
  };
}
