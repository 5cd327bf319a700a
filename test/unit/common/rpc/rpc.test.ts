import { expect, test } from 'vitest';
import { DormouseError } from '../../../../src/common/contract/errors.ts';
import { decode, encode } from '../../../../src/common/rpc/codec.ts';
import { connect, serve } from '../../../../src/common/rpc/rpc.ts';
import { memoryWires } from '../../../helpers/memory-wire.ts';

interface Api {
  double(value: number): Promise<number>;
  fail(): Promise<void>;
  secret(): Promise<string>;
}
interface Events {
  tick(count: number): void;
}

function pair() {
  const wires = memoryWires();
  const ticks: number[] = [];
  const server: Api = {
    double: (value) => Promise.resolve(2 * value),
    fail: () => Promise.reject(new DormouseError('E_STATE', 'Not now')),
    secret: () => Promise.resolve('hidden'),
  };
  const events = serve<Api, Events>(server, ['double', 'fail'], ['tick'], wires.a);
  const api = connect<Api, Events>(
    { tick: (count) => ticks.push(count) },
    ['double', 'fail', 'secret'],
    ['tick'],
    wires.b,
  );
  return { wires, api, events, ticks };
}

test('a call answers with its value', async () => {
  expect(await pair().api.double(21)).toBe(42);
});

test('an error keeps its code and its sentence', async () => {
  await expect(pair().api.fail()).rejects.toMatchObject({ code: 'E_STATE', message: 'Not now' });
});

test('a method that is not on the list cannot be called', async () => {
  await expect(pair().api.secret()).rejects.toThrow(/secret/);
});

test('events arrive in order', async () => {
  const { events, ticks, api } = pair();
  events.tick(1);
  events.tick(2);
  await api.double(0);
  expect(ticks).toEqual([1, 2]);
});

test('calls in flight are rejected when the wire closes', async () => {
  const { wires, api } = pair();
  const call = api.double(1);
  wires.close();
  await expect(call).rejects.toThrow(/closed/);
});

test('the byte codec carries bytes and plain data, and refuses damaged bytes', () => {
  const message = { t: 'q', a: [1, 'x', null, Uint8Array.of(1, 2, 255)] };
  expect(decode(encode(message))).toEqual(message);
  expect(() => decode(Uint8Array.of(0xc1))).toThrow();
});
