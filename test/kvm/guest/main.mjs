// Runs the jobs of plan.json, one process each: what kills one of them (a crash of native code, say) fails it alone.
// Writes one JSON object a line, as ../rig/results.ts reads them.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { createInterface } from 'node:readline';

const ROOT = '/rig';
/** A job that says nothing for so long has hung. */
const SILENCE_MS = 290_000;

/** @param {Record<string, unknown>} line */
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

/** Messages of the kernel since the last call. */
function kernelLog() {
  const text = execFileSync('dmesg', ['-c'], { encoding: 'utf8', maxBuffer: 1 << 26 });
  return text.split('\n').filter(Boolean);
}

/**
 * @param {string} command @param {readonly string[]} args @param {Record<string, string>} environment
 * @param {(line: string) => void} onLine
 * @returns {Promise<string>} how it ended: empty, or why that is a failure
 */
function runJob(command, args, environment, onLine) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let hung = false;
    const hang = () => {
      hung = true;
      child.kill('SIGKILL');
    };
    let timer = setTimeout(hang, SILENCE_MS);
    const take = (/** @type {string} */ line) => {
      clearTimeout(timer);
      timer = setTimeout(hang, SILENCE_MS);
      onLine(line);
    };
    createInterface({ input: child.stdout }).on('line', take);
    createInterface({ input: child.stderr }).on('line', take);
    child.on('error', (error) => resolve(error.message));
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      if (hung) resolve(`said nothing for ${SILENCE_MS / 1000} s and was killed`);
      else resolve(signal ? `ended by ${signal}` : status === 0 ? '' : `ended with status ${status}`);
    });
  });
}

/** @param {{ name: string, arguments: string[] }} job */
async function runProgram(job) {
  const lines = /** @type {string[]} */ ([]);
  const fate = await runJob(`${ROOT}/build/aarch64/${job.name}`, ['--no-colors=true', ...job.arguments], {}, (text) => {
    lines.push(text);
    say({ kind: 'output', job: job.name, text });
  });
  say({ kind: 'program', job: job.name, fate, output: lines.slice(-60).join('\n') });
}

/** @param {{ name: string, file: string, environment: Record<string, string> }} job @param {readonly string[]} only */
async function runSuite(job, only) {
  // The test that runs, and whether the suite came to its end: a process that dies owes both.
  let running = '';
  let isComplete = false;
  const lines = /** @type {string[]} */ ([]);
  const onLine = (/** @type {string} */ text) => {
    const message = text.startsWith('{"rig":') ? JSON.parse(text).rig : undefined;
    if (message === undefined) {
      lines.push(text);
      say({ kind: 'output', job: job.name, text });
      return;
    }
    if (message.kind === 'start') running = message.name;
    if (message.kind === 'test') running = '';
    if (message.kind === 'complete') isComplete = true;
    else say({ ...message, job: job.name });
  };
  const args = ['test/kvm/guest/suite.mjs', job.file, JSON.stringify(job.name), JSON.stringify(only)];
  const fate = await runJob('node', args, job.environment, onLine);
  if (fate === '' && isComplete && running === '') return;
  const message = `the suite's process ${fate || 'ended too early'}\n${lines.slice(-40).join('\n')}`;
  say({ kind: 'test', job: job.name, name: running || 'the suite as a whole', status: 'failed', seconds: 0, message });
}

const plan = JSON.parse(readFileSync(`${ROOT}/plan.json`, 'utf8'));
const { hostInfo } = await import('../../../binding/index.js');
say({ kind: 'host', kernel: release(), kvm: existsSync('/dev/kvm'), node: process.version, info: hostInfo() });
say({ kind: 'kernel', job: 'boot', lines: kernelLog() });
for (const job of plan.jobs) {
  if (job.kind === 'program') await runProgram(job);
  else await runSuite(job, plan.only.length > 0 ? plan.only : (job.only ?? []));
  say({ kind: 'kernel', job: job.name, lines: kernelLog() });
}
say({ kind: 'end' });
