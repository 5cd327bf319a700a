import type { Command } from 'commander';
import { describeInjection } from '../../common/firmware/injection.ts';
import { parseEvent, parseTarget } from '../firmware-options.ts';
import { findVm, withManager } from '../with-manager.ts';

export function describe(program: Command): void {
  program
    .command('sdei')
    .summary('software delegated exceptions')
    .command('inject <vm>')
    .summary('signal an event to the guest, and say what became of it on each vCPU')
    .argument('<event>', '0, or a vendor event of the VM', parseEvent)
    .option('--cpu <n>', '"all", or the number of a vCPU', parseTarget, 'all' as const)
    .option('--json', 'machine-readable', false)
    .action((text: string, event: number, options: { cpu: number | 'all'; json: boolean }) =>
      withManager(true, async (api) => {
        const vm = await findVm(api, text);
        const injections = await api.injectSdei(vm.id, event, options.cpu);
        if (options.json) console.log(JSON.stringify(injections));
        else for (const injection of injections) console.log(describeInjection(injection));
      }),
    );
}
