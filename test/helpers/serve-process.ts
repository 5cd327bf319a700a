import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

export const ROOT = path.resolve(import.meta.dirname, '..', '..');

export interface ServeProcess {
  readonly process: ChildProcess;
  readonly home: string;
  readonly url: string;
  readonly token: string;
  /** The page's address with its key. */
  readonly address: string;
}

/** A real `dormouse serve` with an empty data directory, ended with the test. */
export async function startServe(home = temporaryFolder()): Promise<ServeProcess> {
  const child = spawn(path.join(ROOT, 'dormouse'), ['serve', '--json'], {
    env: { ...process.env, DORMOUSE_HOME: home },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    if (child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await gone;
  });
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', (code) => {
      reject(new Error(`dormouse serve ended with status ${code ?? 'none'}`));
    });
  });
  return { process: child, home, ...(JSON.parse(line) as Pick<ServeProcess, 'url' | 'token' | 'address'>) };
}
