import { parseArgs } from 'node:util';
import type { JitMode, PeerChoice } from './emulators.ts';

export interface BenchOptions {
  /** One round of everything, and shorter waits: shows that it works, measures badly. */
  readonly quick: boolean;
  /** Names of suites or of single kernels; empty: all. */
  readonly only: readonly string[];
  /** Where to write all figures as JSON. */
  readonly json?: string;
  /** Files that --json wrote: measure nothing, report what is in them. */
  readonly from: readonly string[];
  readonly markdown: boolean;
  /** Replace RESULTS.md and the part of the README between its markers. */
  readonly publish: boolean;
  /** Measurements of each thing; the median counts. */
  readonly rounds: number;
  readonly jit: JitMode;
  readonly peers: PeerChoice;
}

export const USAGE = `Usage: npm run bench -- [options]
  --help         this text
  --quick        one round, short waits
  --only NAME    boots, kernels, system, tools, interpreter, idle, evenness, firmware,
                 memory, latency, translation, a boot (6.12-cloud) or a program (alu);
                 may be repeated
  --kernel NAME  one program, without the rest of its suite; may be repeated
  --rounds N     measurements of each thing, the median counts (default 5)
  --jit MODE     auto, on or off, as of \`dormouse run\` (default auto)
  --peers WHICH  all: the newest QEMU and that of Debian 12 (default); newest; none
  --interpreter  the same as --only interpreter
  --json FILE    all figures as JSON
  --from FILE    measure nothing: report what --json wrote; may be repeated
  --markdown     tables in Markdown
  --publish      write test/performance/RESULTS.md and the table in README.md
`;

function oneOf<T extends string>(option: string, value: string, known: readonly T[]): T {
  const found = known.find((name) => name === value);
  if (found === undefined) throw new Error(`${option} ${value}: there are ${known.join(', ')}`);
  return found;
}

/** @throws Error naming the option that cannot be understood. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      kernel: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      jit: { type: 'string', default: 'auto' },
      peers: { type: 'string', default: 'all' },
      interpreter: { type: 'boolean', default: false },
      json: { type: 'string' },
      from: { type: 'string', multiple: true, default: [] },
      markdown: { type: 'boolean', default: false },
      publish: { type: 'boolean', default: false },
    },
  });
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds must be a whole number of at least 1');
  const jit = oneOf('--jit', values.jit, ['auto', 'on', 'off'] as const);
  const peers = oneOf('--peers', values.peers, ['all', 'newest', 'none'] as const);
  // A single kernel leaves out the rest of its suite.
  const only = [
    ...(values.kernel.length > 0 ? [] : values.only),
    ...values.kernel,
    ...(values.interpreter ? ['interpreter'] : []),
  ];
  return {
    quick: values.quick,
    only,
    from: values.from,
    markdown: values.markdown,
    publish: values.publish,
    rounds,
    jit,
    peers,
    ...(values.json !== undefined && { json: values.json }),
  };
}
