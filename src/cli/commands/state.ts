import type { Command } from 'commander';
import { IGNORE_APP_EVENTS, type AppEvents, type VmSummary } from '../../common/contract/app-api.ts';
import { DormouseError } from '../../common/contract/errors.ts';
import { describePreflight, isPossible } from '../../common/vm/preflight.ts';
import { EXIT } from '../exit-status.ts';
import { parseFile } from '../run-options.ts';
import { findVm, withManager } from '../with-manager.ts';

/** What the VM is busy with, on a terminal: one line that is written over. */
function progressOnTerminal(): AppEvents {
  if (!process.stderr.isTTY) return IGNORE_APP_EVENTS;
  return {
    ...IGNORE_APP_EVENTS,
    vmChanged: ({ message }) => {
      process.stderr.write(`\r\u001b[K${message}`);
    },
  };
}

function endProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
}

/** The file that was named, or the one that the VM was saved to last. */
function fileOf(vm: VmSummary, named: string | undefined): string {
  if (named !== undefined) return named;
  if (vm.lastEnd?.state === 'saved') return vm.lastEnd.file;
  throw new DormouseError('E_INVALID', `"${vm.spec.name}" was not ended by "save": name the file`);
}

export function describe(program: Command): void {
  program
    .command('save <vm>')
    .summary('save the whole machine of a running VM into a file, and end it')
    .argument('<file>', 'a new file, or a saved state to replace', parseFile)
    .option('--running', 'let the VM go on afterwards', false)
    .action((text: string, file: string, options: { running: boolean }) =>
      withManager(
        true,
        async (api) => {
          const vm = await findVm(api, text);
          await api.saveVm(vm.id, file, options.running).finally(endProgress);
          console.log(`Saved "${vm.spec.name}" to ${file}. Go on with: dormouse restore ${vm.id} ${file}`);
        },
        progressOnTerminal(),
      ),
    );

  program
    .command('restore <vm>')
    .summary('start a VM from a saved state instead of booting it')
    .argument('[file]', 'default: the file that ended its last run', parseFile)
    .action((text: string, file: string | undefined) =>
      withManager(
        true,
        async (api) => {
          const vm = await findVm(api, text);
          await api.restoreVm(vm.id, fileOf(vm, file)).finally(endProgress);
        },
        progressOnTerminal(),
      ),
    );

  program
    .command('preflight <vm>')
    .summary('say whether a saved state can be restored here, and what is in the way')
    .description(
      'Compares a saved state with the machine that the VM would get on this computer, register by register, and changes nothing.\n\nExit status: 0 it can be restored, 1 it cannot.',
    )
    .argument('[file]', 'default: the file that ended its last run', parseFile)
    .option('--json', 'machine-readable', false)
    .action((text: string, file: string | undefined, options: { json: boolean }) =>
      withManager(false, async (api) => {
        const vm = await findVm(api, text);
        const preflight = await api.preflightVm(vm.id, fileOf(vm, file));
        if (options.json) console.log(JSON.stringify(preflight));
        else for (const line of describePreflight(preflight)) console.log(line);
        if (!isPossible(preflight)) process.exitCode = EXIT.hostError;
      }),
    );
}
