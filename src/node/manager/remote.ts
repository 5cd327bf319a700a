import { readFile } from 'node:fs/promises';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { APP_EVENTS, APP_METHODS, type AppApi, type AppEvents } from '../../common/contract/app-api.ts';
import { DormouseError } from '../../common/contract/errors.ts';
import { connect } from '../../common/rpc/rpc.ts';
import { socketWire } from '../rpc/socket-wire.ts';
import { FileNames } from '../store/file-names.ts';

const addressSchema = z.object({ url: z.url(), token: z.string().regex(/^[0-9a-f]{64}$/) });

export interface RemoteManager {
  readonly api: AppApi;
  close(): void;
}

/** Connects to the `dormouse serve` of this data directory, or returns undefined when none answers. */
export async function connectToServer(data: string, listener: AppEvents): Promise<RemoteManager | undefined> {
  const file = new FileNames(data).server;
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const address = addressSchema.safeParse(JSON.parse(text));
  if (!address.success) throw new DormouseError('E_CORRUPT', `${file} is damaged; delete it and start serve again`);
  const socket = new WebSocket(new URL('/api', address.data.url.replace(/^http/, 'ws')), [
    'dormouse.v1',
    `token.${address.data.token}`,
  ]);
  const open = await new Promise<boolean>((resolve) => {
    socket.once('open', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
  if (!open) return undefined;
  const api = connect<AppApi, AppEvents>(listener, APP_METHODS, APP_EVENTS, socketWire(socket));
  return { api, close: () => socket.close() };
}
