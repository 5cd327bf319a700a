import type { SdeiInjection } from '../contract/machine-types.ts';

/** "vCPU 1: pending (masked)" */
export function describeInjection({ vcpu, outcome, reason }: SdeiInjection): string {
  return `vCPU ${vcpu}: ${outcome}${reason === '' ? '' : ` (${reason})`}`;
}
