import { Command, CommanderError } from 'commander';
import { describe as describeDoctor } from './commands/doctor.ts';
import { describe as describeRun } from './commands/run.ts';
import { describe as describeServe } from './commands/serve.ts';
import { describe as describeVms } from './commands/vms.ts';
import { describe as describeCompletion } from './commands/completion.ts';
import { EXIT } from './exit-status.ts';

// Program 4: the command line. Every command is one file with describe().

function build(): Command {
  const program = new Command('dormouse');
  program
    .description('Virtual machines for arm64 guests that sleep and wake well')
    .showHelpAfterError('(add --help for the options)')
    .showSuggestionAfterError()
    .exitOverride();
  describeRun(program);
  describeServe(program);
  describeVms(program);
  describeDoctor(program);
  describeCompletion(program);
  // Subcommands inherit neither; without these a usage error would end with commander's status 1.
  for (const command of program.commands) command.exitOverride().showHelpAfterError('(add --help for the options)');
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
    process.stderr.write(`dormouse: ${(error as Error).message}\n`);
    process.exitCode = EXIT.hostError;
  }
}
