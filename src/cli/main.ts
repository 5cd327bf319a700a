import { Command, CommanderError } from 'commander';
import { describe as describeDoctor } from './commands/doctor.ts';
import { describe as describeInfo } from './commands/info.ts';
import { describe as describeMemory } from './commands/memory.ts';
import { describe as describePolicy } from './commands/policy.ts';
import { describe as describePsci } from './commands/psci.ts';
import { describe as describeRun } from './commands/run.ts';
import { describe as describeSdei } from './commands/sdei.ts';
import { describe as describeServe } from './commands/serve.ts';
import { describe as describeSet } from './commands/set.ts';
import { describe as describeState } from './commands/state.ts';
import { describe as describeTrace } from './commands/trace.ts';
import { describe as describeVms } from './commands/vms.ts';
import { describe as describeCompletion } from './commands/completion.ts';
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

function build(): Command {
  const program = new Command('dormouse');
  program.description('Virtual machines for arm64 guests that sleep and wake well').showSuggestionAfterError();
  describeRun(program);
  describeServe(program);
  describeVms(program);
  describeInfo(program);
  describeSet(program);
  describeState(program);
  describePsci(program);
  describePolicy(program);
  describeSdei(program);
  describeMemory(program);
  describeTrace(program);
  describeDoctor(program);
  describeCompletion(program);
  complete(program);
  return program;
}

// Whoever read our messages is gone; the exit status still tells.
process.stderr.on('error', () => undefined);

try {
  await build().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : EXIT.usage;
  } else {
    complain(error);
    process.exitCode = EXIT.hostError;
  }
}
