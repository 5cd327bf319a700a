import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('lifetime-step.ts', import.meta.url));

interface Death {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

function live(step: string): Promise<Death> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--expose-gc', SCRIPT, step], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    child.stderr.on('data', (data: Buffer) => (output += data.toString()));
    child.on('close', (status, signal) => resolve({ status, signal, output }));
  });
}

test.for([
  'created',
  'created and closed',
  'started, then the environment ends',
  'started and exited at once',
  'paused, then the environment ends',
  'saving while the environment ends',
  'pausing and stopping at once',
  'closed with work in flight',
  'powered off by the guest, never closed',
  'collected without stop',
  'collected after the guest ended',
  'two in one process',
  'one after the other',
  'the listener throws',
  'in a worker thread',
  'in a worker thread that is terminated',
])('a process ends cleanly with a machine that was: %s', async (step) => {
  expect(await live(step)).toEqual({ status: 0, signal: null, output: '' });
});

test('a step that does not exist fails, so the tests above can', async () => {
  expect((await live('no such step')).status).toBe(1);
});
