import type { MachineConfig } from '../../binding/index.js';

/**
 * What the host's KVM asks of a machine: before Linux 6.4 its own firmware answers the guest, which ends with PSCI 1.1 and
 * has no SDEI. DORMOUSE_TEST_FALLBACK says that this is such a host.
 */
export const HOST_CONFIG: Partial<MachineConfig> =
  process.env['DORMOUSE_TEST_FALLBACK'] === undefined ? {} : { psciVersion: '1.1', sdei: false };
