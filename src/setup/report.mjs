// Progress on stderr, one line per step, and a child process whose output is shown only when it is worth reading.
import { spawn } from 'node:child_process';

/** An error the user can act on: `message` says what went wrong, `next` what to do about it. */
export class SetupError extends Error {
  /** @param {string} message @param {string} next */
  constructor(message, next) {
    super(message);
    this.name = 'SetupError';
    this.next = next;
  }
}

export class Reporter {
  /** @param {{ quiet?: boolean, stream?: NodeJS.WriteStream }} options */
  constructor({ quiet = false, stream = process.stderr } = {}) {
    this.quiet = quiet;
    this.stream = stream;
  }

  /** A step that had nothing to do. @param {string} step @param {string} text */
  same(step, text) {
    if (!this.quiet) this.line(step, text);
  }

  /** Something happens or has happened; shown even when quiet. @param {string} step @param {string} text */
  line(step, text) {
    this.stream.write(`setup  ${step.padEnd(9)} ${text}\n`);
  }
}

/**
 * Runs a command, with its output kept. On a terminal the last line of it moves along under the step's line.
 * @param {Reporter} reporter
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, interactive?: boolean }} options interactive: may ask for a password
 * @returns {Promise<{ status: number, output: string }>} never rejects; status 127 when the command does not exist
 */
export function runCommand(reporter, command, args, { cwd, env, interactive = false } = {}) {
  return new Promise((resolve) => {
    const live = reporter.stream.isTTY === true;
    const columns = (reporter.stream.columns ?? 80) - 1;
    let output = '';
    const child = spawn(command, args, { cwd, env, stdio: [interactive ? 'inherit' : 'ignore', 'pipe', 'pipe'] });
    const take = (/** @type {Buffer} */ chunk) => {
      output += chunk.toString('utf8');
      if (output.length > 4_000_000) output = output.slice(-2_000_000);
      if (!live) return;
      const last =
        output
          .trimEnd()
          .split(/[\r\n]/)
          .at(-1) ?? '';
      reporter.stream.write(`\r\u001b[K${last.slice(0, columns)}`);
    };
    const done = (/** @type {number} */ status) => {
      if (live) reporter.stream.write('\r\u001b[K');
      resolve({ status, output });
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', (error) => {
      output += `${command}: ${error.message}\n`;
      done(127);
    });
    child.on('close', (status, signal) => done(status ?? (signal ? 1 : 0)));
  });
}

/** The end of a long output, indented. @param {string} output @param {number} lines */
export function tail(output, lines = 15) {
  const kept = output.trimEnd().split('\n').slice(-lines);
  return kept.map((line) => `    ${line}`).join('\n');
}

/** Seconds since `start` (a `performance.now()`), for people. @param {number} start */
export function secondsSince(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
