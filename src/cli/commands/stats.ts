import { setTimeout as delay } from 'node:timers/promises';
import { InvalidArgumentError, type Command } from 'commander';
import { DormouseError } from '../../common/contract/errors.ts';
import type { MachineStats } from '../../common/contract/machine-types.ts';
import { counterFigures, countersSince, sumCounters, type Counters } from '../../common/vm/counters.ts';
import { counterLines } from '../../common/vm/counter-report.ts';
import { findVm, withManager } from '../with-manager.ts';

const WATCH_MS = 1000;
const CLEAR_TERMINAL = '\u001b[H\u001b[2J';

interface Options {
  readonly vcpu?: number;
  readonly json: boolean;
  readonly watch: boolean;
}

interface Reading {
  readonly stats: MachineStats;
  readonly counters: Counters;
}

function parseVcpu(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('It must be the number of a vCPU, from 0.');
  return Number(text);
}

function reading(stats: MachineStats, vcpu: number | undefined): Reading {
  if (vcpu === undefined) return { stats, counters: sumCounters(stats.counters) };
  const counters = stats.counters[vcpu];
  if (!counters) throw new DormouseError('E_INVALID', `There is no vCPU ${vcpu}; it has ${stats.counters.length}`);
  return { stats, counters };
}

function show(now: Reading, before: Reading | undefined, json: boolean): void {
  const counters = before ? countersSince(now.counters, before.counters) : now.counters;
  const seconds = (now.stats.guestTimeNs - (before?.stats.guestTimeNs ?? 0)) / 1e9;
  if (json) {
    const { guestTimeNs } = now.stats;
    console.log(JSON.stringify({ guestTimeNs, seconds, counters, figures: counterFigures(counters, seconds) }));
    return;
  }
  const since = before ? `the last ${seconds.toFixed(1)} s of guest time` : `${seconds.toFixed(1)} s of guest time`;
  console.log([`${now.stats.engine}, ${since}`, '', ...counterLines(counters, seconds)].join('\n'));
}

export function describe(program: Command): void {
  program
    .command('stats <vm>')
    .summary('what the engine has counted while it ran the guest')
    .description(
      'Prints what the engine has counted since the VM was started: guest instructions, translated code, exits, TLB misses, slow paths. docs/emulator.md says how to read it.',
    )
    .option('--vcpu <n>', 'of one vCPU instead of the sum over all', parseVcpu)
    .option('--watch', 'go on, once a second, with what was counted since the last time', false)
    .option('--json', 'one JSON object a line', false)
    .action((text: string, options: Options) =>
      withManager(true, async (api) => {
        const { id } = await findVm(api, text);
        let before: Reading | undefined;
        for (;;) {
          const now = reading(await api.statsVm(id), options.vcpu);
          if (options.watch && process.stdout.isTTY && !options.json) process.stdout.write(CLEAR_TERMINAL);
          show(now, before, options.json);
          if (!options.watch) return;
          before = now;
          await delay(WATCH_MS);
        }
      }),
    );
}
