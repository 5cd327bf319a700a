// Boots a guest on the addon in this process and shows its console: for an arm64 Node under qemu-user, which cannot
// start the VM host process. The last line is `dormouse: ENDED`, the machine's own word for how.
//   node test/tools/arm64-boot.mjs KERNEL INITRD CPUS COMMAND-LINE on|off
import { createMachine } from '../../binding/index.js';

const [kernel = '', initrd = '', cpus = '1', commandLine = '', jit = 'on'] = process.argv.slice(2);
const memoryBytes = 512 * 2 ** 20;

/** @type {Promise<string>} */
const ended = new Promise((resolve) => {
  const machine = createMachine(
    { engine: 'emulator', jit, cpus: Number(cpus), memoryBytes, kernel, initrd, commandLine, onReset: 'stop' },
    (/** @type {import('../../binding/index.d.ts').MachineEvent} */ event) => {
      if (event.kind === 'console') process.stdout.write(event.data);
      if (event.kind === 'ended') void machine.close().then(() => resolve(event.outcome));
    },
  );
  machine.start();
});
process.stdout.write(`\ndormouse: ${await ended}\n`);
