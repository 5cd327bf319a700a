import { Option, type Command } from 'commander';
import { CPU_PROFILES } from '../../common/config/vm-config.ts';
import { ChildProcessStarter } from '../../node/vmhost/child-process-starter.ts';
import {
  ENGINE_WISHES,
  JIT_WISHES,
  parseConsole,
  parseCpus,
  parseFrequency,
  parseFile,
  parseMemory,
  parseTimeout,
  parseTrace,
  PSCI_VERSIONS,
  DEFAULT_MEMORY_TEXT,
  RUN_DEFAULTS,
  type RunOptions,
} from '../run-options.ts';
import { TRACE_KINDS_HELP } from '../../common/vm/engine-trace.ts';
import { addFirmwareOptions } from '../firmware-options.ts';
import { runGuest } from '../run-guest.ts';

export function describe(program: Command): void {
  const command = program
    .command('run')
    .summary('run a guest in this terminal')
    .description(
      'Runs a guest in this terminal until it ends.\n\nExit status: 0 powered off, 1 host error, 2 usage error, 3 reset under --no-reboot, 4 hibernated, 5 crashed, 124 time out, 130 ended from the keyboard.\nA question of --policy CALL=ask is asked in this terminal.\nCtrl-A h in the terminal shows the keys.',
    )
    .requiredOption('--kernel <file>', 'arm64 kernel: raw Image, gzip or EFI zboot', parseFile)
    .option('--initrd <file>', 'initial RAM disk', parseFile)
    .option('--append <text>', 'kernel command line', RUN_DEFAULTS.append)
    .option('--state <file>', 'go on from this saved state instead of booting', parseFile)
    .option('--cpus <n>', 'number of CPUs', parseCpus, RUN_DEFAULTS.cpus)
    .addOption(
      new Option('--memory <size>', 'memory, for example 512M or 2G')
        .argParser(parseMemory)
        .default(RUN_DEFAULTS.memory, DEFAULT_MEMORY_TEXT),
    )
    .addOption(new Option('--engine <name>', 'what executes the guest').choices(ENGINE_WISHES).default('auto'))
    .addOption(
      new Option('--cpu-profile <name>', 'what the guest’s CPUs promise').choices(CPU_PROFILES).default('native'),
    )
    .option('--counter-frequency <hz>', 'emulator: frequency of the generic timer', parseFrequency)
    .addOption(
      new Option('--jit <wish>', 'emulator: translate hot code; auto: on x86-64 hosts')
        .choices(JIT_WISHES)
        .default(RUN_DEFAULTS.jit),
    )
    .addOption(
      new Option('--psci <version>', 'PSCI version the guest sees').choices(PSCI_VERSIONS).default(RUN_DEFAULTS.psci),
    );
  addFirmwareOptions(command)
    .option('--console <where>', 'stdio, or a file for the serial console', parseConsole, RUN_DEFAULTS.console)
    .option('--timeout <seconds>', 'end the guest after this time, 0 for never', parseTimeout, RUN_DEFAULTS.timeout)
    .option('--no-reboot', 'end with status 3 when the guest asks for a reset')
    .option('--trace <kinds>', `emulator: show on stderr what it does: ${TRACE_KINDS_HELP}`, parseTrace)
    .option('--perf-map', 'emulator: tell Linux’s perf which guest code it sees (/tmp/perf-PID.map)', false)
    .option('--json', 'write a JSON object as the last line of stderr', false)
    .action(async (options: RunOptions) => {
      process.exitCode = await runGuest(options, new ChildProcessStarter());
    });
}
