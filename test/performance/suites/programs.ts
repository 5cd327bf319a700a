import type { Group } from '../results.ts';

/** A kernel or an operation of the benchmark guest (test/performance/guest). */
export interface Program {
  readonly name: string;
  readonly group: Group;
  /** So many that a translator needs a tenth of a second at least. */
  readonly count: number;
  readonly what: string;
  /** Where it runs; else alone in a guest with one CPU. */
  readonly guest?: 'two CPUs' | 'debian';
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
  { name: 'aes', group: 'crypto', count: 20_000, what: 'AES instructions, counter mode' },
  { name: 'sha256-insn', group: 'crypto', count: 1_600_000, what: 'SHA-256 instructions' },
  { name: 'pmull', group: 'crypto', count: 160_000, what: 'products of polynomials' },
  { name: 'dot', group: 'vector', count: 40_000, what: 'dot products of bytes' },
];

export const SYSTEM: readonly Program[] = [
  { name: 'syscall', group: 'system', count: 800_000, what: 'getppid()' },
  { name: 'pipe', group: 'system', count: 12_000, what: 'a byte to a process and back' },
  { name: 'fork', group: 'system', count: 800, what: 'fork, exit, wait' },
  { name: 'fork-exec', group: 'system', count: 300, what: 'fork, execute, wait' },
  { name: 'vfork-exec', group: 'system', count: 400, what: 'vfork, execute, wait' },
  { name: 'touch', group: 'system', count: 400, what: '1 MiB mapped, touched, unmapped' },
  { name: 'copy-on-write', group: 'system', count: 1_000, what: '64 pages of a file written to' },
  { name: 'signal', group: 'system', count: 30_000, what: 'a fault, its signal, two mprotect()' },
  { name: 'read', group: 'system', count: 12_000, what: '64 KiB of zeroes' },
  { name: 'lock-2cpu', group: 'system', count: 2_000_000, what: 'a mutex that two CPUs want', guest: 'two CPUs' },
  { name: 'handoff-2cpu', group: 'system', count: 8_000, what: 'two CPUs in turns, by futex', guest: 'two CPUs' },
];

export const TOOLS: readonly Program[] = [
  { name: 'openssl-aes-gcm', group: 'tool', count: 2, what: 'seconds of openssl speed', guest: 'debian' },
  { name: 'openssl-sha256', group: 'tool', count: 2, what: 'seconds of openssl speed', guest: 'debian' },
  { name: 'python-start', group: 'tool', count: 5, what: 'Python from start to end', guest: 'debian' },
  { name: 'python-work', group: 'tool', count: 2, what: 'words, objects, numbers, JSON', guest: 'debian' },
  { name: 'gzip', group: 'tool', count: 1, what: '4 MiB packed and unpacked', guest: 'debian' },
  { name: 'zstd', group: 'tool', count: 3, what: '4 MiB packed and unpacked', guest: 'debian' },
  { name: 'compile', group: 'compile', count: 1, what: 'gcc -O1 of 226 lines', guest: 'debian' },
  { name: 'compile-cold', group: 'compile', count: 1, what: 'the same, never run before', guest: 'debian' },
];
