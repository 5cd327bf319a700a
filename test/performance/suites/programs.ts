import type { Group } from '../results.ts';

/** A kernel or an operation of the benchmark guest (test/performance/guest). */
export interface Program {
  readonly name: string;
  readonly group: Group;
  /** So many that a translator needs a tenth of a second at least. */
  readonly count: number;
  readonly what: string;
}

export const COMPUTE: readonly Program[] = [
  { name: 'alu', group: 'integer', count: 48_000_000, what: 'dependent arithmetic' },
  { name: 'coremark', group: 'integer', count: 32_000, what: 'lists, a matrix, a state machine, CRC' },
  { name: 'sieve', group: 'integer', count: 40, what: 'primes below 2^20' },
  { name: 'bytes', group: 'integer', count: 12_800, what: 'copy, length and comparison of text' },
  { name: 'calls', group: 'integer', count: 36_000_000, what: 'virtual calls' },
  { name: 'bytecode', group: 'integer', count: 3_200_000, what: 'a byte-code interpreter' },
  { name: 'recursion', group: 'integer', count: 2_800, what: 'Fibonacci numbers' },
  { name: 'quicksort', group: 'integer', count: 200, what: 'sorting with a comparison function' },
  { name: 'sha256', group: 'integer', count: 160_000, what: 'SHA-256 without its instructions' },
  { name: 'bignum', group: 'integer', count: 40_000_000, what: '256-bit additions' },
  { name: 'divide', group: 'integer', count: 40_000_000, what: '128-bit products, divisions' },
  { name: 'chase-l1', group: 'memory', count: 160_000_000, what: 'dependent loads in 16 KiB' },
  { name: 'chase-32m', group: 'memory', count: 16_000_000, what: 'dependent loads in 32 MiB' },
  { name: 'copy', group: 'memory', count: 64_000, what: '16-byte copies of 64 KiB' },
  { name: 'hash', group: 'memory', count: 12_000_000, what: 'hash table of 16 MiB' },
  { name: 'exclusives', group: 'atomic', count: 48_000_000, what: 'load and store exclusive' },
  { name: 'lse', group: 'atomic', count: 64_000_000, what: 'atomic instructions' },
  { name: 'nbody', group: 'float', count: 400_000, what: 'double precision with square roots' },
  { name: 'mandelbrot', group: 'float', count: 400, what: 'double precision with comparisons' },
  { name: 'matrix', group: 'vector', count: 800, what: 'single-precision vectors' },
  { name: 'pixels', group: 'vector', count: 36_000, what: 'integer vectors' },
  { name: 'crc32c', group: 'vector', count: 200_000, what: 'CRC32 instructions' },
];

export const SYSTEM: readonly Program[] = [
  { name: 'syscall', group: 'system', count: 400_000, what: 'getppid()' },
  { name: 'pipe', group: 'system', count: 6_000, what: 'a byte to a process and back' },
  { name: 'fork', group: 'system', count: 400, what: 'fork, exit, wait' },
  { name: 'exec', group: 'system', count: 200, what: 'spawn, execute, wait' },
  { name: 'touch', group: 'system', count: 100, what: '1 MiB mapped, touched, unmapped' },
  { name: 'read', group: 'system', count: 6_000, what: '64 KiB of zeroes' },
];
