import { decode as unpack, encode as pack } from '@msgpack/msgpack';

/** Plain data and Uint8Array as bytes, for wires that carry bytes only. Errors travel as plain data (contract/errors.ts). */
export function encode(message: unknown): Uint8Array<ArrayBuffer> {
  return pack(message, { ignoreUndefined: true });
}

/** Throws on bytes that are no message. Strings, arrays and maps are limited to what our contracts need. */
export function decode(bytes: Uint8Array): unknown {
  return unpack(bytes, {
    maxStrLength: 1 << 20,
    maxBinLength: 8 << 20,
    maxArrayLength: 1 << 16,
    maxMapLength: 1 << 12,
  });
}
