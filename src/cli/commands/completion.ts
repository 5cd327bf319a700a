import { Argument, type Command } from 'commander';

/** What may follow a command: its own commands and what may follow those, and its options. */
function wordsAfter(command: Command): string[] {
  const options = command.options.flatMap((option) => (option.long ? [option.long] : []));
  return [...command.commands.flatMap((sub) => [sub.name(), ...wordsAfter(sub)]), ...options];
}

/** The words of every command, read from the program itself, so that completion never falls behind. */
function wordsOf(program: Command): Record<string, string[]> {
  return Object.fromEntries(
    program.commands.map((command) => [command.name(), [...new Set([...wordsAfter(command), '--help'])]]),
  );
}

function bash(words: Record<string, string[]>): string {
  const cases = Object.entries(words).map(
    ([name, options]) => `    ${name}) COMPREPLY=($(compgen -f -W "${options.join(' ')}" -- "$current")) ;;`,
  );
  return [
    '_dormouse() {',
    '  local current="${COMP_WORDS[COMP_CWORD]}"',
    `  if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W "${Object.keys(words).join(' ')}" -- "$current")); return; fi`,
    '  case "${COMP_WORDS[1]}" in',
    ...cases,
    '  esac',
    '}',
    'complete -o filenames -F _dormouse dormouse ./dormouse',
  ].join('\n');
}

function fish(words: Record<string, string[]>): string {
  const lines = [`complete -c dormouse -n __fish_use_subcommand -a "${Object.keys(words).join(' ')}"`];
  for (const [name, options] of Object.entries(words))
    for (const option of options)
      lines.push(
        `complete -c dormouse -n "__fish_seen_subcommand_from ${name}" ${option.startsWith('--') ? `-l ${option.slice(2)}` : `-a ${option}`}`,
      );
  return lines.join('\n');
}

export function describe(program: Command): void {
  program
    .command('completion')
    .summary('print the shell completion: eval "$(dormouse completion bash)"')
    .addArgument(new Argument('<shell>', 'which shell').choices(['bash', 'zsh', 'fish']))
    .action((shell: string) => {
      const words = wordsOf(program);
      if (shell === 'fish') console.log(fish(words));
      else if (shell === 'zsh') console.log(`autoload -U +X bashcompinit && bashcompinit\n${bash(words)}`);
      else console.log(bash(words));
    });
}
