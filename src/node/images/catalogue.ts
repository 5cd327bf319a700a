/** A stock kernel that can be fetched by name. */
export interface KernelEntry {
  readonly id: string;
  /** Versions of this entry begin with this; when the archive has moved on, its newest is taken and said so. */
  readonly series: string;
  /** The package that always depends on the current kernel of its flavour. */
  readonly metaPackage: string;
  /** Suites to look in, best first. */
  readonly suites: readonly string[];
}

const SERIES: readonly (readonly [string, readonly string[]])[] = [
  ['6.1', ['bookworm']],
  ['6.12', ['trixie']],
  ['7.2', ['trixie-backports', 'sid']],
];

/** Debian's arm64 kernels, standard and cloud flavour. */
export const KERNELS: readonly KernelEntry[] = SERIES.flatMap(([series, suites]) => [
  { id: series, series, suites, metaPackage: 'linux-image-arm64' },
  { id: `${series}-cloud`, series, suites, metaPackage: 'linux-image-cloud-arm64' },
]);

/** Kernels with 16 KiB pages. Debian has none with 64 KiB, and for series before 6.12 none with 16 KiB either. */
export const KERNELS_16K: readonly KernelEntry[] = SERIES.filter(([series]) => series !== '6.1').map(
  ([series, suites]) => ({ id: `${series}-16k`, series, suites, metaPackage: 'linux-image-arm64-16k' }),
);

export const DEFAULT_KERNEL = '6.12-cloud';

export function findKernel(id: string): KernelEntry | undefined {
  return [...KERNELS, ...KERNELS_16K].find((entry) => entry.id === id);
}

/** The user space of the guests: one static program. The suite is the one whose kernel is the default. */
export const BUSYBOX = { packageName: 'busybox-static', suite: 'trixie' } as const;
