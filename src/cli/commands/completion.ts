import { Argument, type Command, type Option } from 'commander';

/** What may follow one command, read from the program itself, so that completion never falls behind. */
interface Entry {
  /** "policy set"; empty for the program. */
  readonly path: string;
  readonly summary: string;
  readonly subcommands: readonly Command[];
  readonly options: readonly Option[];
  /** Values of its arguments. */
  readonly choices: readonly string[];
  /** It acts on a VM by its name. */
  readonly takesVm: boolean;
}

/** Options whose value is a file, by how their help writes the value. */
const FILE_VALUE = /<(file|where)>/;

function entriesOf(command: Command, path: string): Entry[] {
  const entry: Entry = {
    path,
    summary: command.summary(),
    subcommands: command.commands,
    options: command.options,
    choices: command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
    takesVm: command.registeredArguments.some((argument) => argument.name() === 'vm'),
  };
  return [entry, ...command.commands.flatMap((sub) => entriesOf(sub, `${path} ${sub.name()}`.trim()))];
}

function wordsOf({ subcommands, options, choices }: Entry): string {
  const flags = options.flatMap((option) => (option.long ? [option.long] : []));
  return [...subcommands.map((sub) => sub.name()), ...choices, ...flags, '--help'].join(' ');
}

/** What completes the value of an option, or undefined when it takes none. */
function bashValue(option: Option): string | undefined {
  if (option.argChoices) return `COMPREPLY=($(compgen -W "${option.argChoices.join(' ')}" -- "$current"))`;
  if (FILE_VALUE.test(option.flags)) return 'COMPREPLY=($(compgen -f -- "$current"))';
  return option.required ? 'COMPREPLY=()' : undefined;
}

function bash(entries: readonly Entry[]): string {
  const nested = entries.filter((entry) => entry.path.includes(' ')).map((entry) => `'${entry.path}'`);
  const values = entries.flatMap((entry) =>
    entry.options.flatMap((option) => {
      const value = bashValue(option);
      return value === undefined ? [] : [`    '${entry.path} ${option.long ?? ''}') ${value}; return ;;`];
    }),
  );
  const words = entries.map(
    (entry) => `    '${entry.path}') words="${wordsOf(entry)}"${entry.takesVm ? '; vm=yes' : ''} ;;`,
  );
  return [
    '_dormouse() {',
    '  local IFS=$\' \\t\\n\' current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" path="" words="" vm=""',
    '  [ "$COMP_CWORD" -gt 1 ] && path="${COMP_WORDS[1]}"',
    '  if [ "$COMP_CWORD" -gt 2 ]; then',
    `    case "$path \${COMP_WORDS[2]}" in ${nested.join('|')}) path="$path \${COMP_WORDS[2]}" ;; esac`,
    '  fi',
    '  case "$path $previous" in',
    ...values,
    '  esac',
    '  case "$path" in',
    ...words,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '  if [ -n "$vm" ] && [ "${current#-}" = "$current" ]; then',
    "    IFS=$'\\n'",
    '    COMPREPLY+=($(compgen -W "$("${COMP_WORDS[0]}" list --names 2>/dev/null)" -- "$current"))',
    '  fi',
    '}',
    'complete -o filenames -F _dormouse dormouse ./dormouse',
  ].join('\n');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", '’')}'`;
}

function fishCondition({ path, subcommands }: Entry): string {
  if (path === '') return '__fish_use_subcommand';
  const seen = path.split(' ').map((word) => `__fish_seen_subcommand_from ${word}`);
  const inner = subcommands.map((sub) => sub.name()).join(' ');
  return [...seen, ...(inner === '' ? [] : [`not __fish_seen_subcommand_from ${inner}`])].join('; and ');
}

function fishValue(option: Option): string {
  if (option.argChoices) return ` -x -a ${quoted(option.argChoices.join(' '))}`;
  if (FILE_VALUE.test(option.flags)) return ' -r -F';
  return option.required ? ' -x' : '';
}

function fish(entries: readonly Entry[]): string {
  const lines = ['complete -c dormouse -f'];
  for (const entry of entries) {
    const head = `complete -c dormouse -n ${quoted(fishCondition(entry))}`;
    for (const sub of entry.subcommands) lines.push(`${head} -a ${sub.name()} -d ${quoted(sub.summary())}`);
    if (entry.choices.length > 0) lines.push(`${head} -a ${quoted(entry.choices.join(' '))}`);
    if (entry.takesVm) lines.push(`${head} -a '(dormouse list --names 2>/dev/null)'`);
    for (const option of entry.options)
      lines.push(`${head} -l ${option.long?.slice(2) ?? ''}${fishValue(option)} -d ${quoted(option.description)}`);
  }
  return lines.join('\n');
}

export function describe(program: Command): void {
  program
    .command('completion')
    .summary('print the shell completion: eval "$(dormouse completion bash)"')
    .addArgument(new Argument('<shell>', 'which shell').choices(['bash', 'zsh', 'fish']))
    .action((shell: string) => {
      const entries = entriesOf(program, '');
      if (shell === 'fish') console.log(fish(entries));
      else if (shell === 'zsh') console.log(`autoload -U +X bashcompinit && bashcompinit\n${bash(entries)}`);
      else console.log(bash(entries));
    });
}
