import { z } from 'zod';
import { PSCI_VERSIONS } from './psci-version.ts';

/** vm.json as version 1 wrote it: the PSCI version was one of the settings, and the end of a run was one word. */
const version1 = z.looseObject({
  spec: z.looseObject({ psciVersion: z.enum(PSCI_VERSIONS) }),
  lastEnd: z.enum(['off', 'hibernated', 'crashed']).optional(),
  lastEndMessage: z.string().optional(),
});

function fromVersion1(data: unknown): unknown {
  const { lastEnd, lastEndMessage, spec, ...rest } = version1.parse(data);
  const { psciVersion, ...settings } = spec;
  const message = lastEndMessage ?? '';
  const end = lastEnd === 'hibernated' ? { offType: 0, psciVersion } : {};
  return {
    ...rest,
    version: 2,
    spec: settings,
    profile: { psciVersion, board: 'virt-1', cpuProfile: 'dormouse-v1' },
    psciChanges: [],
    ...(lastEnd !== undefined && { lastEnd: { state: lastEnd, message, ...end } }),
  };
}

const STEPS: Readonly<Record<number, (data: unknown) => unknown>> = { 1: fromVersion1 };

/**
 * The content of an older vm.json as the current version has it; what is current already, or unknown, comes back as it is.
 * No step changes what a guest sees. Throws z.ZodError when an old file does not hold together.
 */
export function upgradeVmConfig(data: unknown): unknown {
  let current = data;
  for (;;) {
    const version: unknown = (current as { version?: unknown } | null)?.version;
    const step = typeof version === 'number' ? STEPS[version] : undefined;
    if (!step) return current;
    current = step(current);
  }
}
