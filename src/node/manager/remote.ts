import { readFile } from 'node:fs/promises';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { APP_EVENTS, APP_METHODS, type AppApi, type AppEvents } from '../../common/contract/app-api.ts';
import { DormouseError } from '../../common/contract/errors.ts';
import { connect } from '../../common/rpc/rpc.ts';
import { socketWire } from '../rpc/socket-wire.ts';
import { FileNames } from '../store/file-names.ts';

const addressSchema = z.object({ url: z.url(), token: z.string().regex(/^[0-9a-f]{64}$/) });

/** A server on this computer answers at once; another program that has taken its port may never do. */
const ANSWER_MS = 5000;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export interface RemoteManager {
  readonly api: AppApi;
  /** Address of the page, without the token. */
  readonly url: string;
  close(): void;
}

/** Connects to the `dormouse serve` of this data directory, or returns undefined when none answers. */
export async function connectToServer(data: string, listener: AppEvents): Promise<RemoteManager | undefined> {
  const file = new FileNames(data).server;
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const address = addressSchema.safeParse(parsed(text));
  if (!address.success) throw new DormouseError('E_CORRUPT', `${file} is damaged; delete it and start serve again`);
  const socket = new WebSocket(
    new URL('/api', address.data.url.replace(/^http/, 'ws')),
    ['dormouse.v1', `token.${address.data.token}`],
    { handshakeTimeout: ANSWER_MS },
  );
  const open = await new Promise<boolean>((resolve) => {
    socket.once('open', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
  if (!open) return undefined;
  const api = connect<AppApi, AppEvents>(listener, APP_METHODS, APP_EVENTS, socketWire(socket));
  return { api, url: address.data.url, close: () => socket.close() };
}
