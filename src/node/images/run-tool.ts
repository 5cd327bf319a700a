import { spawn } from 'node:child_process';
import { DormouseError } from '../../common/contract/errors.ts';

export interface ToolOptions {
  readonly cwd?: string;
  /** Statuses that are answers rather than failures. Default: 0 alone. */
  readonly accept?: readonly number[];
}

/**
 * Runs a program to its end.
 * @returns its standard output.
 * @throws DormouseError E_UNSUPPORTED when there is no such program, E_HOST with the program's last words when it fails.
 */
export function runTool(command: string, args: readonly string[], options: ToolOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, LC_ALL: 'C.UTF-8' };
    const child = spawn(command, args, { cwd: options.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', (error) => {
      reject(new DormouseError('E_UNSUPPORTED', `Cannot run ${command}: ${error.message}`));
    });
    child.on('close', (status) => {
      if ((options.accept ?? [0]).includes(status ?? -1)) return resolve(Buffer.concat(out).toString('utf8'));
      const words = Buffer.concat([...err, ...out])
        .toString('utf8')
        .trim()
        .split('\n')
        .slice(-4)
        .join('\n');
      reject(new DormouseError('E_HOST', `${command} failed (status ${status ?? 'none'}): ${words}`));
    });
  });
}
