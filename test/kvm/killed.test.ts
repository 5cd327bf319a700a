// A host process that dies takes its machine along and nothing else. The rig looks into its kernel's log afterwards.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TinyMachine } from '../contract/addon/tiny-machine.ts';
import { draws } from '../helpers/mapper-guest.ts';
import { HOST_CONFIG } from './host-config.ts';

const VICTIM = join(import.meta.dirname, 'victim.ts');

interface Fate {
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** Kills a process with a machine, `turns` rounds of the event loop after its guest was up; before that when negative. */
function killed(turns: number): Promise<Fate> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [VICTIM, '2'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const kill = async () => {
      for (let i = 0; i < turns; i++) await new Promise((next) => setImmediate(next));
      child.kill('SIGKILL');
    };
    const take = (chunk: Buffer) => {
      output += chunk.toString('utf8');
      if (output.includes('READY')) void kill();
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', reject);
    child.once('close', (_, signal) => {
      resolve({ signal, output });
    });
  });
}

test('a process that is killed while its guest runs ends at once, and the next one starts', async () => {
  const draw = draws(7);
  for (let life = 0; life < 6; life++) {
    expect(await killed(draw(2000))).toEqual({ signal: 'SIGKILL', output: 'READY\n' });
  }
  const tiny = await TinyMachine.started({ cpus: 2, ...HOST_CONFIG });
  expect(await tiny.command('echo alive')).toContain('alive');
  await tiny.machine.close();
});
