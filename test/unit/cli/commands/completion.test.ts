import { Command } from 'commander';
import { expect, onTestFinished, test, vi } from 'vitest';
import { describe as describeCompletion } from '../../../../src/cli/commands/completion.ts';
import { describe as describePolicy } from '../../../../src/cli/commands/policy.ts';

function completion(shell: string): string {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  onTestFinished(() => {
    log.mockRestore();
  });
  const program = new Command('dormouse');
  describePolicy(program);
  describeCompletion(program);
  program.parse(['completion', shell], { from: 'user' });
  return log.mock.calls.flat().join('\n');
}

test('a command that has commands of its own offers them and their options', () => {
  expect(completion('bash')).toContain('policy) COMPREPLY=($(compgen -f -W "show --json set answer --help"');
});

test('fish gets words as words and options as options', () => {
  const text = completion('fish');
  expect(text).toContain('"__fish_seen_subcommand_from policy" -a answer');
  expect(text).toContain('"__fish_seen_subcommand_from policy" -l json');
});
