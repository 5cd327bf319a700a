import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** One round of everything, and shorter waits: shows that it works, measures badly. */
  readonly quick: boolean;
  /** Names of suites or of single kernels; empty: all. */
  readonly only: readonly string[];
  /** Where to write all figures as JSON. */
  readonly json?: string;
  readonly markdown: boolean;
  /** Replace RESULTS.md and the part of the README between its markers. */
  readonly publish: boolean;
  /** Measurements of each thing; the smallest counts. */
  readonly rounds: number;
}

export const USAGE = `Usage: npm run bench -- [options]
  --help         this text
  --quick        one round, short waits
  --only NAME    boots, kernels, system, interpreter, idle, evenness, firmware, a boot
                 (6.12-cloud) or a program (alu); may be repeated
  --rounds N     measurements of each thing, the smallest counts (default 3)
  --interpreter  the same as --only interpreter
  --json FILE    all figures as JSON
  --markdown     tables in Markdown
  --publish      write test/performance/RESULTS.md and the table in README.md
`;

/** @throws Error naming the option that cannot be understood. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      interpreter: { type: 'boolean', default: false },
      json: { type: 'string' },
      markdown: { type: 'boolean', default: false },
      publish: { type: 'boolean', default: false },
    },
  });
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds must be a whole number of at least 1');
  const only = [...values.only, ...(values.interpreter ? ['interpreter'] : [])];
  return {
    quick: values.quick,
    only,
    markdown: values.markdown,
    publish: values.publish,
    rounds,
    ...(values.json !== undefined && { json: values.json }),
  };
}
