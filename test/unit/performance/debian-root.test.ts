import { describe, expect, it } from 'vitest';
import { isUsed } from '../../performance/debian-root.ts';

describe('root of the Debian guest', () => {
  it('keeps programs, libraries, and headers', () => {
    for (const name of [
      'usr/bin/python3.13',
      'usr/lib/python3.13/json/decoder.py',
      'usr/libexec/gcc/aarch64-linux-gnu/14/cc1',
      'usr/lib/aarch64-linux-gnu/libcrypto.so.3',
      'usr/include/stdint.h',
    ])
      expect(isUsed(name), name).toBe(true);
  });

  it('leaves out documents, static libraries, sanitizers and other compilers', () => {
    for (const name of [
      'usr/share/doc/gcc/copyright',
      'usr/lib/aarch64-linux-gnu/libc.a',
      'usr/lib/aarch64-linux-gnu/libasan.so.8.0.0',
      'usr/lib/aarch64-linux-gnu/libhwasan.so.0',
      'usr/libexec/gcc/aarch64-linux-gnu/14/lto1',
      'usr/bin/aarch64-linux-gnu-lto-dump-14',
    ])
      expect(isUsed(name), name).toBe(false);
  });
});
