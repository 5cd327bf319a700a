import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { ROOT } from './serve-process.ts';

const summarySchema = z.object({
  outcome: z.string(),
  message: z.string(),
  status: z.number(),
  wallSeconds: z.number(),
  instructionsRetired: z.number(),
  engine: z.string().nullable(),
  engineReason: z.string().nullable(),
  psciVersion: z.string().nullable(),
  resets: z.number(),
  lastReset: z.object({ kind: z.string(), type: z.number(), cookie: z.string() }).nullable(),
  offType: z.number().nullable(),
  exits: z.record(z.string(), z.number()),
});
export type RunSummary = z.output<typeof summarySchema>;

export interface CliResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running `./dormouse ...` that a test can type into. Killed with the test if it still runs. */
export class CliProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly done: Promise<CliResult>;
  #stdout = '';
  #stderr = '';
  #onOutput: (() => void)[] = [];

  constructor(args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    this.child = spawn(path.join(ROOT, 'dormouse'), args, { env: { ...process.env, ...environment } });
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      for (const wake of this.#onOutput.splice(0)) wake();
    });
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.done = new Promise((resolve) => {
      this.child.once('close', (status) => {
        resolve({ status, stdout: this.#stdout, stderr: this.#stderr });
        for (const wake of this.#onOutput.splice(0)) wake();
      });
    });
    onTestFinished(() => {
      this.child.kill('SIGKILL');
    });
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  type(text: string): void {
    this.child.stdin.write(text);
  }

  /** Resolves when the console has shown `text`; rejects when the process ended without it. */
  async waitFor(text: string): Promise<void> {
    await this.#until(() => this.#stdout.includes(text) || undefined, text);
  }

  /** The same for a pattern, from the character `from` of the console on. */
  waitForMatch(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    return this.#until(() => pattern.exec(this.#stdout.slice(from)) ?? undefined, String(pattern));
  }

  async #until<T>(look: () => T | undefined, what: string): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`The guest ended without "${what}":\n${this.#stdout.slice(-3000)}\n${this.#stderr}`);
      await new Promise<void>((resolve) => this.#onOutput.push(resolve));
    }
  }
}

export function runCli(...args: readonly string[]): Promise<CliResult> {
  const cli = new CliProcess(args);
  cli.child.stdin.end();
  return cli.done;
}

/** A command of the data directory `home`, for example of a running `serve`. */
export function runCliIn(home: string, ...args: readonly string[]): Promise<CliResult> {
  const cli = new CliProcess(args, { DORMOUSE_HOME: home });
  cli.child.stdin.end();
  return cli.done;
}

/** The JSON object on the last line of stderr. */
export function summaryOf(result: CliResult): RunSummary {
  return summarySchema.parse(JSON.parse(result.stderr.trimEnd().split('\n').at(-1) ?? ''));
}
