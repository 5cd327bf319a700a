import { formatSize } from '../base/units.ts';
import type { MachineFacts, Preflight } from '../contract/machine-types.ts';

/** Nothing is in the way of restoring. */
export function isPossible({ findings }: Preflight): boolean {
  return findings.every(({ verdict }) => verdict === 'adapted');
}

function describeFacts({
  engine,
  cpuProfile,
  counterFrequencyHz,
  psciVersion,
  cpus,
  memoryBytes,
}: MachineFacts): string {
  const clock = counterFrequencyHz === 0 ? '' : `, counter ${counterFrequencyHz / 1e6} MHz`;
  const count = cpus === 1 ? '1 CPU' : `${cpus} CPUs`;
  return `${engine}, CPU profile ${cpuProfile}, ${count}, ${formatSize(memoryBytes)}, PSCI ${psciVersion}${clock}`;
}

/** A preflight as lines for a terminal. */
export function describePreflight(preflight: Preflight): string[] {
  const refusals = preflight.findings.filter(({ verdict }) => verdict === 'refused').length;
  const verdict = refusals === 0 ? 'It can be restored.' : `It cannot be restored: ${refusals} refused.`;
  return [
    `saved on     ${describeFacts(preflight.saved)}`,
    `restored on  ${describeFacts(preflight.offered)}`,
    ...preflight.findings.map(({ verdict: each, reason }) => `${each.padEnd(12)} ${reason}`),
    verdict,
  ];
}
