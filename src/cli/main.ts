import { Command, CommanderError } from 'commander';
import { complain } from './complain.ts';
import { EXIT } from './exit-status.ts';

// Program 4: the command line. Every command is one file with describe().

const VM_ARGUMENT = 'its name, its id, or a beginning of the id that fits no other';

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}

/**
 * What every command has. Subcommands inherit neither of the first two; without these a usage error would end with
 * commander's status 1.
 */
function complete(command: Command): void {
  command.exitOverride().showHelpAfterError('(add --help for the options)');
  if (command.description() === '') command.description(sentence(command.summary()));
  for (const argument of command.registeredArguments)
    if (argument.name() === 'vm' && argument.description === '') argument.description = VM_ARGUMENT;
  command.commands.forEach(complete);
}

interface CommandFile {
  describe(program: Command): void;
}

/** In the order of the help. `name`: of the only command in the file. */
const FILES: readonly { readonly name?: string; readonly load: () => Promise<CommandFile> }[] = [
  { name: 'run', load: () => import('./commands/run.ts') },
  { name: 'serve', load: () => import('./commands/serve.ts') },
  { load: () => import('./commands/vms.ts') },
  { name: 'info', load: () => import('./commands/info.ts') },
  { name: 'set', load: () => import('./commands/set.ts') },
  { load: () => import('./commands/state.ts') },
  { name: 'psci', load: () => import('./commands/psci.ts') },
  { name: 'policy', load: () => import('./commands/policy.ts') },
  { name: 'sdei', load: () => import('./commands/sdei.ts') },
  { name: 'memory', load: () => import('./commands/memory.ts') },
  { name: 'stats', load: () => import('./commands/stats.ts') },
  { name: 'trace', load: () => import('./commands/trace.ts') },
  { name: 'doctor', load: () => import('./commands/doctor.ts') },
  { load: () => import('./commands/completion.ts') }, // completes all the others
];

/** Loads no more than the command that was asked for, if its name says which file that is: the rest takes 0.1 s. */
async function build(wanted: string | undefined): Promise<Command> {
  const program = new Command('dormouse');
  program.description('Virtual machines for arm64 guests that sleep and wake well').showSuggestionAfterError();
  const alone = FILES.filter(({ name }) => name !== undefined && name === wanted);
  for (const file of await Promise.all((alone.length > 0 ? alone : FILES).map(({ load }) => load())))
    file.describe(program);
  complete(program);
  return program;
}

// Whoever read our messages is gone; the exit status still tells.
process.stderr.on('error', () => undefined);

try {
  await (await build(process.argv[2])).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : EXIT.usage;
  } else {
    complain(error);
    process.exitCode = EXIT.hostError;
  }
}
