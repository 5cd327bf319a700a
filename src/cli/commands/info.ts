import type { Command } from 'commander';
import { formatSize } from '../../common/base/units.ts';
import { SYSTEM_CALLS } from '../../common/config/firmware-config.ts';
import { sleptOnEngine, type ResetCause, type VmEnd } from '../../common/config/vm-config.ts';
import type { AppApi, VmSummary } from '../../common/contract/app-api.ts';
import { describeChoice, engineSentence } from '../../common/vm/engine-choice.ts';
import { isLive } from '../../common/vm/vm-state.ts';
import { findVm, withManager } from '../with-manager.ts';

/** What the VM runs on, or would: one sentence. */
async function engineOf(api: AppApi, vm: VmSummary): Promise<string> {
  if (vm.engine !== undefined && vm.engineReason !== undefined)
    return engineSentence({ engine: vm.engine, reason: vm.engineReason });
  const needs = { ...vm.spec, ...vm.profile, sleptOn: sleptOnEngine(vm.lastEnd) };
  return describeChoice(needs, (await api.hostInfo()).engines);
}

function endOf(end: VmEnd): string {
  const detail = end.state === 'hibernated' ? ` (type ${end.offType}, PSCI ${end.psciVersion})` : '';
  return `${end.state}${detail}${end.at === undefined ? '' : `, ${end.at}`}${end.message === '' ? '' : `: ${end.message}`}`;
}

function resetOf({ kind, type, cookie }: ResetCause): string {
  return `${kind}, type 0x${type.toString(16)}, cookie ${cookie}`;
}

function sdeiOf({ spec: { sdei } }: VmSummary): string {
  if (!sdei.enabled) return 'not offered';
  return ['event 0', ...sdei.events.map((event) => `0x${event.toString(16)}`)].join(', ');
}

function factsOf(vm: VmSummary, engine: string): (readonly [string, string])[] {
  const { spec, profile } = vm;
  const reset = vm.lastReset ?? vm.lastEnd?.lastReset;
  return [
    ['name', spec.name],
    ['id', vm.id],
    ['state', `${vm.state}${vm.message === '' ? '' : `: ${vm.message}`}`],
    ['engine', engine],
    ['CPUs', String(spec.cpus)],
    ['memory', formatSize(spec.memoryBytes)],
    ['kernel', spec.kernel],
    ['initrd', spec.initrd ?? '-'],
    ['command line', spec.commandLine === '' ? '-' : spec.commandLine],
    ['PSCI', profile.psciVersion],
    ['idle states', spec.idleStates],
    ['SDEI', sdeiOf(vm)],
    ['policy', SYSTEM_CALLS.map((call) => `${call}=${spec.policy.calls[call]}`).join(' ')],
    ['board', profile.board],
    ['CPU profile', profile.cpuProfile],
    ...(profile.counterFrequencyHz === undefined
      ? []
      : [['counter', `${profile.counterFrequencyHz / 1e6} MHz`] as const]),
    ...(vm.lastEnd ? [['last end', endOf(vm.lastEnd)] as const] : []),
    ...(reset ? [['last reset', resetOf(reset)] as const] : []),
    ['created', vm.createdAt],
  ];
}

export function describe(program: Command): void {
  program
    .command('info <vm>')
    .summary('everything about one VM: settings, engine and why, profile, how it ended')
    .option('--json', 'machine-readable', false)
    .action((text: string, options: { json: boolean }) =>
      withManager(false, async (api) => {
        const vm = await findVm(api, text);
        const engine = await engineOf(api, vm);
        const stats = isLive(vm.state) ? await api.statsVm(vm.id) : undefined;
        if (options.json) {
          console.log(JSON.stringify({ ...vm, engineSentence: engine, ...(stats && { stats }) }));
          return;
        }
        for (const [name, value] of factsOf(vm, engine)) console.log(`${name.padEnd(12)} ${value}`);
        stats?.vcpus.forEach((power, vcpu) => console.log(`${`vCPU ${vcpu}`.padEnd(12)} ${power}`));
      }),
    );
}
