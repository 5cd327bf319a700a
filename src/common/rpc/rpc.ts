import { createBirpc } from 'birpc';
import { DormouseError, fromWireError, toWireError, type WireError } from '../contract/errors.ts';
import type { Wire } from './wire.ts';

/**
 * The only RPC code. birpc exposes every method of the object it is given, so each side is handed a plain object made from
 * its contract's list: nothing else is callable from the other end.
 */

type Method = (...args: never[]) => unknown;
type Listed<Api> = readonly (keyof Api & string)[];

/** An answer is always a value, so that errors keep their code on every wire. */
type Answer = { ok: true; value: unknown } | { ok: false; error: WireError };

async function answer(call: () => unknown): Promise<Answer> {
  try {
    return { ok: true, value: await call() };
  } catch (error) {
    return { ok: false, error: toWireError(error) };
  }
}

/** No prototype: the other end cannot reach `constructor` and the like by name. */
function table(names: readonly string[], make: (name: string) => Method): Record<string, Method> {
  const methods = Object.create(null) as Record<string, Method>;
  for (const name of names) methods[name] = make(name);
  return methods;
}

function invoke(target: object, name: string, args: readonly never[]): unknown {
  return (target as Record<string, Method>)[name]?.apply(target, [...args]);
}

function channel(wire: Wire) {
  return {
    post: (message: unknown) => {
      wire.send(message);
    },
    on: (listener: (message: unknown) => void) => {
      wire.onMessage(listener);
    },
    timeout: -1,
  };
}

/** Serves `api` to the other end; the returned object sends events to it. */
export function serve<Api extends object, Events extends object>(
  api: Api,
  methods: Listed<Api>,
  events: Listed<Events>,
  wire: Wire,
): Events {
  const remote = createBirpc<Record<string, Method>, Record<string, Method>>(
    table(
      methods,
      (name) =>
        (...args) =>
          answer(() => invoke(api, name, args)),
    ),
    { ...channel(wire), eventNames: [...events] },
  );
  wire.onClose(() => {
    remote.$close();
  });
  return table(events, (name) => (...args) => {
    if (!remote.$closed) void remote.$callEvent(name, ...args);
  }) as Events;
}

/** Calls the api at the other end and receives its events. Calls reject with DormouseError. */
export function connect<Api extends object, Events extends object>(
  listener: Events,
  methods: Listed<Api>,
  events: Listed<Events>,
  wire: Wire,
): Api {
  const remote = createBirpc<Record<string, Method>, Record<string, Method>>(
    table(
      events,
      (name) =>
        (...args) =>
          invoke(listener, name, args),
    ),
    channel(wire),
  );
  wire.onClose(() => {
    remote.$close(new DormouseError('E_HOST', 'The connection was closed'));
  });
  return table(methods, (name) => async (...args) => {
    const result = (await remote.$call(name, ...args)) as Answer;
    if (result.ok) return result.value;
    throw fromWireError(result.error);
  }) as Api;
}
