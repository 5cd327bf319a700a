import { Option, type Command } from 'commander';
import { addFirmwareOptions, firmwareEdit, type FirmwareOptions } from '../firmware-options.ts';
import { ENGINE_WISHES, JIT_WISHES, parseCpus, parseFile, parseMemory } from '../run-options.ts';
import { findVm, withManager } from '../with-manager.ts';

interface SetOptions extends FirmwareOptions {
  readonly name?: string;
  readonly kernel?: string;
  /** false: --no-initrd. */
  readonly initrd?: string | false;
  readonly append?: string;
  readonly cpus?: number;
  readonly memory?: number;
  readonly engine?: (typeof ENGINE_WISHES)[number];
  readonly jit?: (typeof JIT_WISHES)[number];
  readonly force: boolean;
  readonly json: boolean;
}

export function describe(program: Command): void {
  const command = program
    .command('set <vm>')
    .summary('change settings of a VM that is off, or the policy of any')
    .description(
      'Changes settings of a VM that is off; what is not named stays as it is.\nThe policy can also be changed while the VM runs, and counts at once.',
    )
    .option('--name <name>', 'another name')
    .option('--kernel <file>', 'arm64 kernel', parseFile)
    .option('--initrd <file>', 'initial RAM disk', parseFile)
    .option('--no-initrd', 'no initial RAM disk any more')
    .option('--append <text>', 'kernel command line')
    .option('--cpus <n>', 'number of CPUs', parseCpus)
    .option('--memory <size>', 'memory', parseMemory)
    .addOption(new Option('--engine <name>', 'engine').choices(ENGINE_WISHES))
    .addOption(new Option('--jit <wish>', 'emulator: translate hot code').choices(JIT_WISHES));
  addFirmwareOptions(command)
    .option('--force', 'also when a hibernated guest may then not resume', false)
    .option('--json', 'machine-readable', false)
    .action((text: string, options: SetOptions) =>
      withManager(false, async (api) => {
        const { name, kernel, initrd, append, cpus, memory, engine, jit, force } = options;
        const vm = await findVm(api, text);
        const edit = {
          name,
          kernel,
          initrd: initrd === false ? null : initrd,
          commandLine: append,
          cpus,
          memoryBytes: memory,
          engine,
          jit,
        };
        const given = Object.fromEntries(Object.entries(edit).filter(([, value]) => value !== undefined));
        const changed = await api.editVm(vm.id, { ...given, ...firmwareEdit(options) }, force);
        console.log(options.json ? JSON.stringify(changed) : `Changed "${changed.spec.name}"`);
      }),
    );
}
