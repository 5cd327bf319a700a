import { APP_EVENTS, APP_METHODS, type AppApi, type AppEvents } from '../../src/common/contract/app-api.ts';
import { connect } from '../../src/common/rpc/rpc.ts';
import type { Wire } from '../../src/common/rpc/wire.ts';
import { preloadWire } from './preload-wire.ts';
import { openSocketWire, SocketRefused } from './socket-wire.ts';
import { rememberToken } from './token.ts';

export interface Client {
  readonly api: AppApi;
  /** Called once when the connection is lost. */
  onClose(listener: () => void): void;
}

/** The server answered but did not let us in: trying again would not help. */
export class Refused extends Error {}

/** How App gets its client; tests and views give a fake one. */
export type CreateClient = (events: AppEvents) => Promise<Client>;

function clientOver(wire: Wire, events: AppEvents): Client {
  return {
    api: connect<AppApi, AppEvents>(events, APP_METHODS, APP_EVENTS, wire),
    onClose: (listener) => {
      wire.onClose(listener);
    },
  };
}

/** In an Electron window through the preload; in a browser through the server's WebSocket. */
export const createClient: CreateClient = async (events) => {
  const bridged = preloadWire();
  if (bridged) return clientOver(bridged, events);
  const token = rememberToken(location, sessionStorage, history);
  if (token === undefined) throw new Refused();
  try {
    return clientOver(await openSocketWire(new URL('/api', location.href), token), events);
  } catch (error) {
    // A server that is there but closes the door at once has another token; one that is gone refuses the page too.
    const reachable =
      error instanceof SocketRefused &&
      (await fetch('./index.html').then(
        () => true,
        () => false,
      ));
    throw reachable ? new Refused() : error;
  }
};
