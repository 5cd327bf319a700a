// One life of a machine up to one step, in a process of its own: `node lifetime-step.ts STEP`. The process must end by
// itself with status 0, whatever state the machine is left in.
import { Worker } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import { createMachine } from '../../../binding/index.js';
import { tinyConfig, TinyMachine } from './tiny-machine.ts';

// As far as collecting garbage can be asked for.
async function collectGarbage(): Promise<void> {
  for (let i = 0; i < 10; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const STEPS: Readonly<Record<string, () => Promise<void> | void>> = {
  created: () => {
    createMachine(tinyConfig(), () => undefined);
  },
  'created and closed': () => createMachine(tinyConfig(), () => undefined).close(),
  'started, then the environment ends': async () => {
    await TinyMachine.started();
    process.exit(0);
  },
  'started and exited at once': () => {
    createMachine(tinyConfig({ cpus: 4 }), () => undefined).start();
    process.exit(0);
  },
  'paused, then the environment ends': async () => {
    const { machine } = await TinyMachine.started();
    await machine.pause();
    process.exit(0);
  },
  'saving while the environment ends': async () => {
    const { machine } = await TinyMachine.started();
    void machine.saveState();
    process.exit(0);
  },
  'pausing and stopping at once': async () => {
    const { machine } = await TinyMachine.started();
    await Promise.allSettled([machine.pause(), machine.stop(), machine.saveState(), machine.resume(), machine.close()]);
  },
  'closed with work in flight': async () => {
    const { machine } = await TinyMachine.started();
    const saving = machine.saveState().catch(() => undefined);
    await machine.close();
    await machine.close();
    await saving;
  },
  'powered off by the guest, never closed': async () => {
    const tiny = await TinyMachine.started();
    tiny.type('off\n');
    await tiny.ended;
  },
  'collected without stop': async () => {
    for (let i = 0; i < 5; i++) createMachine(tinyConfig(), () => undefined);
    await collectGarbage();
  },
  'collected after the guest ended': async () => {
    for (let i = 0; i < 3; i++) {
      const tiny = await TinyMachine.started();
      tiny.type('off\n');
      await tiny.ended;
    }
    await collectGarbage();
  },
  'two in one process': async () => {
    const [a, b] = await Promise.all([TinyMachine.started(), TinyMachine.started({ cpus: 2 })]);
    await Promise.all([a.command('echo one'), b.command('echo two')]);
    await Promise.all([a.machine.close(), b.machine.close()]);
  },
  'one after the other': async () => {
    for (let i = 0; i < 10; i++) {
      const tiny = await TinyMachine.started();
      await tiny.machine.close();
    }
  },
  'the listener throws': async () => {
    const thrown = new Promise((resolve) => process.once('uncaughtException', resolve));
    const machine = createMachine(tinyConfig(), () => {
      throw new Error('a listener of bad manners');
    });
    machine.start();
    await thrown;
    process.on('uncaughtException', () => undefined);
    await machine.close();
  },
  'in a worker thread': () =>
    new Promise((resolve, reject) => {
      const worker = new Worker(fileURLToPath(import.meta.url), { argv: ['two in one process'] });
      worker.once('error', reject);
      worker.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`the worker exited with ${code}`))));
    }),
  'in a worker thread that is terminated': () =>
    new Promise((resolve, reject) => {
      const source = `
        const { workerData, parentPort } = require('node:worker_threads');
        void import(workerData.binding).then(({ createMachine }) => {
          createMachine({ ...workerData.config, cpus: 2 }, (event) => {
            if (event.kind === 'console') parentPort.postMessage('running');
          }).start();
        });`;
      const binding = new URL('../../../binding/index.js', import.meta.url).href;
      const worker = new Worker(source, { eval: true, workerData: { binding, config: tinyConfig() } });
      worker.once('error', reject);
      worker.once('message', () => void worker.terminate().then(() => resolve()));
    }),
};

const step = STEPS[process.argv[2] ?? ''];
if (!step) throw new Error(`Steps: ${Object.keys(STEPS).join(', ')}`);
await step();
