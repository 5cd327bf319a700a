import type { Command } from 'commander';
import { formatSize } from '../../common/base/units.ts';
import { CPU_PROFILES, type CpuProfile } from '../../common/config/vm-config.ts';
import type { AppApi, VmSummary } from '../../common/contract/app-api.ts';
import { addFirmwareOptions, firmwareEdit, type FirmwareOptions } from '../firmware-options.ts';
import { withManager, findVm } from '../with-manager.ts';
import {
  parseCpus,
  parseFrequency,
  parseFile,
  parseMemory,
  PSCI_VERSIONS,
  DEFAULT_MEMORY_TEXT,
  RUN_DEFAULTS,
  ENGINE_WISHES,
  JIT_WISHES,
} from '../run-options.ts';
import { Option } from 'commander';

interface Json {
  readonly json: boolean;
}

function row(vm: VmSummary): string {
  const memory = formatSize(vm.spec.memoryBytes);
  return `${vm.spec.name.padEnd(24)} ${vm.state.padEnd(10)} ${String(vm.spec.cpus).padStart(3)} CPU ${memory.padStart(9)}  ${(vm.engine ?? vm.spec.engine).padEnd(8)}  PSCI ${vm.profile.psciVersion}  ${vm.message}`.trimEnd();
}

/** Commands that act on one VM; those that run it need the manager that `dormouse serve` is. */
const ACTIONS: readonly [string, string, boolean, (api: AppApi, id: string) => Promise<unknown>][] = [
  ['start', 'start a VM', true, (api, id) => api.startVm(id)],
  ['pause', 'pause a running VM', true, (api, id) => api.pauseVm(id)],
  ['resume', 'let a paused VM go on', true, (api, id) => api.resumeVm(id)],
  ['wake', 'wake a suspended VM', true, (api, id) => api.wakeVm(id)],
  ['power', 'press the power button: the guest shuts down', true, (api, id) => api.powerVm(id)],
  ['stop', 'cut the power of a running VM', true, (api, id) => api.stopVm(id)],
  ['delete', 'move a VM to the bin', false, (api, id) => api.deleteVm(id)],
];

export function describe(program: Command): void {
  program
    .command('list')
    .summary('list the VMs')
    .option('--names', 'the names alone, one a line', false)
    .option('--json', 'machine-readable', false)
    .action((options: Json & { names: boolean }) =>
      withManager(false, async (api) => {
        const vms = await api.listVms();
        if (options.json) console.log(JSON.stringify(vms));
        else if (options.names) for (const vm of vms) console.log(vm.spec.name);
        else if (vms.length === 0) console.log('No VMs yet. `dormouse create` makes one.');
        else for (const vm of vms) console.log(row(vm));
      }),
    );

  const create = program
    .command('create <name>')
    .summary('create a VM')
    .requiredOption('--kernel <file>', 'arm64 kernel', parseFile)
    .option('--initrd <file>', 'initial RAM disk', parseFile)
    .option('--append <text>', 'kernel command line', RUN_DEFAULTS.append)
    .option('--cpus <n>', 'number of CPUs', parseCpus, RUN_DEFAULTS.cpus)
    .addOption(
      new Option('--memory <size>', 'memory').argParser(parseMemory).default(RUN_DEFAULTS.memory, DEFAULT_MEMORY_TEXT),
    )
    .addOption(new Option('--engine <name>', 'engine').choices(ENGINE_WISHES).default('auto'))
    .addOption(new Option('--jit <wish>', 'emulator: translate hot code').choices(JIT_WISHES).default(RUN_DEFAULTS.jit))
    .addOption(
      new Option('--cpu-profile <name>', 'what its CPUs promise, kept for life; portable-v1 goes from engine to engine')
        .choices(CPU_PROFILES)
        .default('native'),
    )
    .option('--counter-frequency <hz>', 'emulator: frequency of the host that it is to go on with', parseFrequency)
    .addOption(
      new Option('--psci <version>', 'PSCI version, kept for life').choices(PSCI_VERSIONS).default(RUN_DEFAULTS.psci),
    );
  addFirmwareOptions(create)
    .option('--json', 'machine-readable', false)
    .action((name: string, options: Json & Record<'kernel' | 'append', string> & CreateOptions) =>
      withManager(false, async (api) => {
        const vm = await api.createVm({
          name,
          kernel: options.kernel,
          ...(options.initrd !== undefined && { initrd: options.initrd }),
          commandLine: options.append,
          cpus: options.cpus,
          memoryBytes: options.memory,
          engine: options.engine,
          jit: options.jit,
          psciVersion: options.psci,
          cpuProfile: options.cpuProfile,
          ...(options.counterFrequency !== undefined && { counterFrequencyHz: options.counterFrequency }),
          ...firmwareEdit(options),
        });
        console.log(options.json ? JSON.stringify(vm) : `Created "${vm.spec.name}"`);
      }),
    );

  for (const [name, summary, needsServer, act] of ACTIONS) {
    program
      .command(`${name} <vm>`)
      .summary(summary)
      .action((text: string) =>
        withManager(needsServer, async (api) => {
          const vm = await findVm(api, text);
          await act(api, vm.id);
          if (name === 'delete') console.log(`Deleted "${vm.spec.name}". Undo with: dormouse undelete ${vm.id}`);
        }),
      );
  }

  program
    .command('undelete <id>')
    .summary('bring a deleted VM back')
    .option('--json', 'machine-readable', false)
    .action((id: string, options: Json) =>
      withManager(false, async (api) => {
        const vm = await api.undeleteVm(id);
        console.log(options.json ? JSON.stringify(vm) : `"${vm.spec.name}" is back`);
      }),
    );
}

interface CreateOptions extends FirmwareOptions {
  readonly initrd?: string;
  readonly cpus: number;
  readonly memory: number;
  readonly engine: (typeof ENGINE_WISHES)[number];
  readonly jit: (typeof JIT_WISHES)[number];
  readonly psci: (typeof PSCI_VERSIONS)[number];
  readonly cpuProfile: CpuProfile;
  readonly counterFrequency?: number;
}
