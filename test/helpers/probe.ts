import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { cached } from '../../src/node/images/cache.ts';
import { writeCpio } from '../../src/node/images/cpio.ts';
import { type CliResult, runCli } from './cli.ts';
import { debianGuest } from './debian.ts';
import { TEST_ENGINE } from './engine.ts';
import { ROOT } from './serve-process.ts';

const SOURCES = path.join(ROOT, 'resources', 'guests', 'probe');
const COMPILER = 'aarch64-linux-gnu-gcc';
const FLAGS = ['-std=gnu17', '-O2', '-Wall', '-Wextra', '-Werror', '-static', '-pthread'];

/**
 * resources/guests/probe, compiled, behind the initramfs `base`: Linux unpacks one archive after the other. The program
 * is kept in the cache until a source changes.
 */
export async function probeInitramfs(base: string): Promise<string> {
  const names = (await readdir(SOURCES)).sort();
  const hash = createHash('sha256').update(FLAGS.join(' '));
  hash.update(await readFile(base));
  for (const name of names) hash.update(name).update(await readFile(path.join(SOURCES, name)));
  const origin = `sha256 ${hash.digest('hex')}`;
  const make = async (folder: string) => {
    const program = path.join(folder, 'probe');
    const sources = names.filter((name) => name.endsWith('.c')).map((name) => path.join(SOURCES, name));
    await promisify(execFile)(COMPILER, [...FLAGS, ...sources, '-o', program, '-lm']);
    const archive = writeCpio([
      { kind: 'directory', name: 'probe', mode: 0o755 },
      { kind: 'file', name: 'probe/init', mode: 0o755, data: await readFile(path.join(SOURCES, 'init')) },
      { kind: 'file', name: 'probe/probe', mode: 0o755, data: await readFile(program) },
    ]);
    await writeFile(path.join(folder, 'probe.cpio'), Buffer.concat([await readFile(base), archive]));
    return { origin, version: '1', files: ['probe.cpio'] };
  };
  return path.join((await cached('probe', make, origin)).folder, 'probe.cpio');
}

export interface ProbeResult extends CliResult {
  /** Lines of checks that went wrong. */
  readonly failures: readonly string[];
  /** Names of checks that went well. */
  readonly passed: readonly string[];
  /** What the last line says about their number; undefined when it never came. */
  readonly count: number | undefined;
  readonly notes: readonly string[];
}

/** Boots a Debian kernel with the probe as its first program; no groups means all. */
export async function runProbe(kernelId: string, cpus: number, groups: readonly string[] = []): Promise<ProbeResult> {
  const guest = await debianGuest(kernelId);
  const initrd = await probeInitramfs(guest.initrd);
  const chosen = groups.length > 0 ? ` probe.groups=${groups.join(',')}` : '';
  const append = `console=ttyAMA0 rdinit=/probe/init${chosen}`;
  const files = ['--kernel', guest.kernel, '--initrd', initrd, '--append', append];
  const options = ['--engine', TEST_ENGINE, '--cpus', String(cpus), '--timeout', '280', '--json'];
  const result = await runCli('run', ...files, ...options);
  const lines = result.stdout.split(/\r?\n/);
  const done = /^PROBE-DONE (\d+)$/m.exec(result.stdout.replaceAll('\r', ''))?.[1];
  return {
    ...result,
    failures: lines.filter((line) => line.includes('PROBE-FAIL')),
    passed: lines.flatMap((line) => /PROBE-OK (\S+)/.exec(line)?.[1] ?? []),
    notes: lines.flatMap((line) => /PROBE-NOTE (.*)/.exec(line)?.[1] ?? []),
    count: done === undefined ? undefined : Number(done),
  };
}
