import { Argument, type Command } from 'commander';
import { PSCI_VERSIONS, type PsciVersion } from '../../common/config/psci-version.ts';
import type { AppApi, VmSummary } from '../../common/contract/app-api.ts';
import { describePsciChange } from '../../common/firmware/psci-change.ts';
import { findVm, withManager } from '../with-manager.ts';

function show(vm: VmSummary): void {
  console.log(`"${vm.spec.name}" has PSCI ${vm.profile.psciVersion}`);
  for (const change of vm.psciChanges) console.log(`  ${change.at}: changed from ${change.from} to ${change.to}`);
}

async function printChange(api: AppApi, vm: VmSummary, to: PsciVersion): Promise<void> {
  const change = await api.psciChange(vm.id, to);
  console.log(`"${vm.spec.name}": PSCI ${change.from} -> ${change.to}. The guest will see:`);
  for (const line of describePsciChange(change)) console.log(`  ${line}`);
}

export function describe(program: Command): void {
  const psci = program.command('psci').summary('show or change the PSCI version of a VM');

  psci
    .command('show <vm>')
    .summary('the version that the VM has, and its changes')
    .option('--json', 'machine-readable', false)
    .action((text: string, options: { json: boolean }) =>
      withManager(false, async (api) => {
        const vm = await findVm(api, text);
        const { psciVersion } = vm.profile;
        if (options.json) console.log(JSON.stringify({ psciVersion, changes: vm.psciChanges }));
        else show(vm);
      }),
    );

  psci
    .command('list')
    .summary('the PSCI version of every VM')
    .option('--json', 'machine-readable', false)
    .action((options: { json: boolean }) =>
      withManager(false, async (api) => {
        const vms = await api.listVms();
        const rows = vms.map((vm) => ({ id: vm.id, name: vm.spec.name, psciVersion: vm.profile.psciVersion }));
        if (options.json) console.log(JSON.stringify(rows));
        else for (const vm of vms) console.log(`${vm.spec.name.padEnd(24)} ${vm.profile.psciVersion}`);
      }),
    );

  psci
    .command('set <vm>')
    .summary('give a VM that is off another version, and say what its guest will see change')
    .addArgument(new Argument('<version>', 'PSCI version').choices(PSCI_VERSIONS))
    .option('--force', 'also when a hibernated guest may then not resume', false)
    .action((text: string, version: PsciVersion, options: { force: boolean }) =>
      withManager(false, async (api) => {
        const vm = await findVm(api, text);
        if (vm.profile.psciVersion === version) {
          console.log(`"${vm.spec.name}" has PSCI ${version} already`);
          return;
        }
        await printChange(api, vm, version);
        await api.setPsci(vm.id, version, options.force);
        console.log(`Changed. Undo with: dormouse psci undo ${vm.id}`);
      }),
    );

  psci
    .command('undo <vm>')
    .summary('take the last change back')
    .option('--force', 'also when a hibernated guest may then not resume', false)
    .action((text: string, options: { force: boolean }) =>
      withManager(false, async (api) => show(await api.undoPsci((await findVm(api, text)).id, options.force))),
    );
}
