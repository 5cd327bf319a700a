import { randomBytes, timingSafeEqual } from 'node:crypto';

/** 256 random bits in hexadecimal: who knows it may do everything, so it lives in memory and in a file of its owner's. */
export function createToken(): string {
  return randomBytes(32).toString('hex');
}

export function sameToken(expected: string, given: string): boolean {
  const a = Buffer.from(expected);
  const b = Buffer.from(given);
  return a.length === b.length && timingSafeEqual(a, b);
}
