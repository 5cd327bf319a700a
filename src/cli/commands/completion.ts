import { Argument, type Command } from 'commander';

/** The words of every command, read from the program itself, so that completion never falls behind. */
function wordsOf(program: Command): Record<string, string[]> {
  const words: Record<string, string[]> = {};
  for (const command of program.commands)
    words[command.name()] = command.options.flatMap((option) => (option.long ? [option.long] : [])).concat('--help');
  return words;
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
      lines.push(`complete -c dormouse -n "__fish_seen_subcommand_from ${name}" -l ${option.slice(2)}`);
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
