/** PSCI versions a guest can be given; the newest is the default of a new VM. [Arm DEN 0022] */
export const PSCI_VERSIONS = ['0.1', '0.2', '1.0', '1.1', '1.2', '1.3'] as const;
export type PsciVersion = (typeof PSCI_VERSIONS)[number];
export const NEWEST_PSCI_VERSION: PsciVersion = '1.3';
