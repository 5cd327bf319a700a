import type { Command } from 'commander';
import { formatSize } from '../../common/base/units.ts';
import { IGNORE_EVENTS } from '../../common/contract/vmhost-api.ts';
import { vmSpecSchema } from '../../common/config/vm-config.ts';
import { chooseEngine, type EngineNeeds, engineSentence } from '../../common/vm/engine-choice.ts';
import { ChildProcessStarter } from '../../node/vmhost/child-process-starter.ts';

/** A VM in which nothing was chosen. */
function defaultNeeds(): EngineNeeds {
  return vmSpecSchema.parse({ name: 'default', kernel: '/' });
}

export function describe(program: Command): void {
  program
    .command('doctor')
    .summary('tell what this computer offers')
    .option('--json', 'machine-readable', false)
    .action(async (options: { json: boolean }) => {
      const host = await new ChildProcessStarter().start(IGNORE_EVENTS, undefined);
      try {
        const info = await host.api.hostInfo();
        const choice = chooseEngine(defaultNeeds(), info.engines);
        if (options.json) {
          console.log(JSON.stringify({ ...info, auto: choice }));
          return;
        }
        console.log(`Dormouse ${info.version} on ${info.platform}`);
        console.log(
          `${info.cpus} CPUs, ${formatSize(info.memoryBytes)} of memory, pages of ${formatSize(info.pageSize)}`,
        );
        for (const { name, available, reason, refusals } of info.engines) {
          console.log(`engine ${name}: ${available ? 'available' : `not available: ${reason}`}`);
          for (const refusal of refusals) console.log(`  refused here: ${refusal.reason}`);
        }
        console.log(`JIT of the emulator: ${info.jit.available ? 'available' : `not available: ${info.jit.reason}`}`);
        console.log(`--engine auto takes ${engineSentence(choice)}`);
      } finally {
        host.dispose();
      }
    });
}
