// A process with a machine that works until it is killed: `node victim.ts CPUS`. Says READY when the guest is up.
import { TinyMachine } from '../contract/addon/tiny-machine.ts';
import { HOST_CONFIG } from './host-config.ts';

const tiny = await TinyMachine.started({ cpus: Number(process.argv[2] ?? 2), ...HOST_CONFIG });
await tiny.command('smp');
process.stdout.write('READY\n');
// For ever: the CPUs compute, write to the console, sleep.
for (;;) {
  await tiny.command('spin 1');
  await tiny.command('help');
  await tiny.command('sleep 20');
}
