import type { MachineStats } from '../contract/machine-types.ts';
import { COUNTERS, functionCalls } from './counters.ts';

/** The figures of a VM that runs, with the name that its user gave it. */
export interface MeasuredVm {
  readonly name: string;
  readonly stats: MachineStats;
}

interface Family {
  readonly name: string;
  readonly kind: 'counter' | 'gauge';
  readonly help: string;
  readonly samples: readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[];
}

/** "blocksDecoded" -> "blocks_decoded" */
function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function familyLines({ name, kind, help, samples }: Family): string[] {
  if (samples.length === 0) return [];
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${kind}`,
    ...samples.map(([labels, value]) => {
      const inner = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
      return `${name}{${inner.join(',')}} ${value}`;
    }),
  ];
}

/** What a monitoring system scrapes, in the text format of Prometheus, version 0.0.4. Every sample belongs to one vCPU. */
export function metricsText(vms: readonly MeasuredVm[]): string {
  const vcpus = vms.flatMap(({ name: vm, stats }) =>
    stats.counters.map((counters, vcpu) => ({ labels: { vm, vcpu: String(vcpu) }, counters })),
  );
  const counters = Object.entries(COUNTERS).map(([name, { kind, meaning }]): Family => {
    const full = `dormouse_${snake(name)}${kind === 'count' ? '_total' : ''}`;
    const samples = vcpus.flatMap(({ labels, counters: all }) => {
      const value = all[name];
      return value === undefined ? [] : [[labels, value] as const];
    });
    return { name: full, kind: kind === 'count' ? 'counter' : 'gauge', help: meaning, samples };
  });
  const families: Family[] = [
    {
      name: 'dormouse_guest_seconds_total',
      kind: 'counter',
      help: 'time on the guest’s clock, which stands while it is paused',
      samples: vms.map(({ name: vm, stats }) => [{ vm }, stats.guestTimeNs / 1e9] as const),
    },
    ...counters,
    {
      name: 'dormouse_function_calls_total',
      kind: 'counter',
      help: 'instructions that translated code left to their function',
      samples: vcpus.flatMap(({ labels, counters: all }) =>
        functionCalls(all).map(({ name, calls }) => [{ ...labels, function: name }, calls] as const),
      ),
    },
  ];
  return `${families.flatMap(familyLines).join('\n')}\n`;
}
