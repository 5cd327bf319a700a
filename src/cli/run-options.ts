import path from 'node:path';
import { InvalidArgumentError } from 'commander';
import { parseSize, writeSize } from '../common/base/units.ts';
import { DEFAULT_MEMORY_BYTES, type CpuProfile } from '../common/config/vm-config.ts';
import { NEWEST_PSCI_VERSION, PSCI_VERSIONS, type PsciVersion } from '../common/config/psci-version.ts';
import { ENGINE_WISHES, JIT_WISHES, type EngineWish, type JitWish } from '../common/vm/engine-choice.ts';
import { parseTraceKinds } from '../common/vm/engine-trace.ts';
import type { FirmwareOptions } from './firmware-options.ts';

export interface RunOptions extends FirmwareOptions {
  readonly kernel: string;
  readonly initrd?: string;
  readonly append: string;
  /** A saved state to go on from, instead of booting. */
  readonly state?: string;
  readonly cpus: number;
  /** Bytes. */
  readonly memory: number;
  readonly engine: EngineWish;
  readonly jit: JitWish;
  readonly psci: PsciVersion;
  readonly cpuProfile: CpuProfile;
  /** Hz. */
  readonly counterFrequency?: number;
  /** `stdio`, or the path of a file. */
  readonly console: string;
  /** Seconds; 0 means none. */
  readonly timeout: number;
  /** commander's spelling of --no-reboot. */
  readonly reboot: boolean;
  /** What the engine does, of these kinds; on stderr. */
  readonly trace?: string[];
  readonly perfMap: boolean;
  readonly json: boolean;
}

export const RUN_DEFAULTS = {
  append: 'console=ttyAMA0',
  cpus: 1,
  memory: DEFAULT_MEMORY_BYTES,
  engine: 'auto',
  jit: 'auto',
  psci: NEWEST_PSCI_VERSION,
  console: 'stdio',
  timeout: 0,
} as const;

export { ENGINE_WISHES, JIT_WISHES, PSCI_VERSIONS };

/** As the help says it. */
export const DEFAULT_MEMORY_TEXT = writeSize(RUN_DEFAULTS.memory);

export function parseCpus(text: string): number {
  const cpus = Number(text);
  if (!Number.isInteger(cpus) || cpus < 1) throw new InvalidArgumentError('It must be a whole number of at least 1.');
  return cpus;
}

export function parseFrequency(text: string): number {
  const hertz = Number(text);
  if (!Number.isInteger(hertz) || hertz < 1_000_000 || hertz > 1_000_000_000)
    throw new InvalidArgumentError('It must be a whole number of Hz from 1000000 to 1000000000.');
  return hertz;
}

export function parseMemory(text: string): number {
  const bytes = parseSize(text);
  if (bytes === undefined) throw new InvalidArgumentError('Write it as 512M, 2G or a number of bytes.');
  if (bytes < 16 * 2 ** 20) throw new InvalidArgumentError('A guest needs at least 16M.');
  if (bytes % (2 * 2 ** 20) !== 0) throw new InvalidArgumentError('It must be a multiple of 2M.');
  return bytes;
}

export function parseTimeout(text: string): number {
  const seconds = Number(text);
  // setTimeout counts milliseconds in 31 bits.
  if (!Number.isFinite(seconds) || seconds < 0 || seconds > 2_147_483)
    throw new InvalidArgumentError('It must be seconds from 0 (none) to 2147483.');
  return seconds;
}

export function parseTrace(text: string): string[] {
  const kinds = parseTraceKinds(text);
  if (typeof kinds === 'string') throw new InvalidArgumentError(kinds);
  return kinds;
}

export function parseFile(text: string): string {
  if (text === '') throw new InvalidArgumentError('A file name is needed.');
  return path.resolve(text);
}

export function parseConsole(text: string): string {
  return text === 'stdio' ? text : parseFile(text);
}
