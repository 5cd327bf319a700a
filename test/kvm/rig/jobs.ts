import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheRoot } from '../../../src/node/images/cache.ts';
import { fetchKernel } from '../../../src/node/images/kernel.ts';
import { buildInitramfs, fetchBusybox } from '../../../src/node/images/initramfs.ts';
import { withModules } from '../../helpers/debian-extras.ts';
import { type RigKernel, USUAL_CPU } from './options.ts';
import type { Job } from './payload.ts';

const ALL: readonly RigKernel[] = ['6.12', '7.2', '6.1'];
/** KVM hands firmware calls to us from 6.4 on. */
const WITH_FILTER: readonly RigKernel[] = ['6.12', '7.2'];
const WITHOUT_FILTER: readonly RigKernel[] = ['6.1'];
const FALLBACK = { DORMOUSE_TEST_FALLBACK: '1' };

export interface Suite {
  readonly kernels: readonly RigKernel[];
  readonly job: Extract<Job, { kind: 'suite' }>;
  /** Kernels under which it runs only when they are asked for: every kernel would take too long in `npm test`. */
  readonly onDemand?: readonly RigKernel[];
  /** The tests that run, by parts of their names, unless their kernel is asked for: a fair part of a long suite. */
  readonly usually?: readonly string[];
  /** QEMU's name of the processor that the rig needs for it; another than the usual one is another boot of the rig. */
  readonly cpu?: string;
  /** Its conformance scripts are run on this host's emulator too, and compared cell by cell. */
  readonly isCompared?: true;
  /** More than the usual guest is to be in the rig's cache. */
  readonly guests?: 'suspend';
}

/** Where the rig finds what the emulator made of the scripts of a suite. */
export function cellsFile(suite: string): string {
  return `rig/expected/${suite.replaceAll('/', '-')}.json`;
}
export const TRACE_FILE = 'rig/expected/trace.json';

/** A suite on engine kvm. */
function onKvm(kernels: readonly RigKernel[], name: string, file: string, more: Record<string, string> = {}): Suite {
  const environment = { ...more, DORMOUSE_TEST_ENGINE: 'kvm', DORMOUSE_TRACE_FROM: `/${TRACE_FILE}` };
  return { kernels, job: { kind: 'suite', name, file, environment } };
}

function comparedOnEmulator(name: string, file: string): Suite {
  const environment = { DORMOUSE_TEST_ENGINE: 'emulator', DORMOUSE_CELLS_FROM: `/${cellsFile(file)}` };
  return { kernels: ['6.12'], job: { kind: 'suite', name, file, environment }, isCompared: true };
}

function comparedOnKvm(kernels: readonly RigKernel[], name: string, file: string): Suite {
  const { job } = onKvm(kernels, name, file);
  const environment = { ...job.environment, DORMOUSE_CELLS_FROM: `/${cellsFile(file)}` };
  return { kernels, job: { ...job, environment }, isCompared: true };
}

/** The same suite, under those kernels only when they are asked for. */
function onDemand(suite: Suite, kernels: readonly RigKernel[]): Suite {
  return { ...suite, onDemand: kernels };
}

/** All of the suite under a kernel that is asked for; else those tests, and under 6.12 alone. */
function partly(suite: Suite, ...usually: string[]): Suite {
  return onDemand({ ...suite, usually }, ['7.2']);
}

/** No half precision and no LSE: KVM can present the CPU profile portable-v1 on it. */
const PORTABLE_CPU = 'cortex-a72';
/** Tests of the suite "state". */
const FEW_CPUS = ['with 1 CPUs', 'with 2 CPUs', 'began on', 'is refused', 'does not know'];

/** What runs in the rig, in this order, under which kernels. */
export const SUITES: readonly Suite[] = [
  { kernels: ALL, job: { kind: 'suite', name: 'emulator', file: 'test/kvm/emulator.test.ts', environment: {} } },
  { ...comparedOnEmulator('emulator psci', 'test/guest/psci-conformance.test.ts'), usually: ['PSCI 0.1', 'PSCI 1.3'] },
  onKvm(WITH_FILTER, 'machine', 'test/kvm/machine.test.ts'),
  // Under 7.2 a guest can begin on either engine: KVM has a MIDR_EL1 that can be written.
  onDemand({ ...onKvm(WITH_FILTER, 'state', 'test/kvm/state.test.ts'), cpu: PORTABLE_CPU, usually: FEW_CPUS }, [
    '6.12',
  ]),
  onDemand({ ...onKvm(WITH_FILTER, 'debian', 'test/kvm/state-debian.test.ts'), cpu: PORTABLE_CPU }, WITH_FILTER),
  onDemand(onKvm(WITH_FILTER, 'trace', 'test/kvm/boot-trace.test.ts'), ['7.2']),
  partly(comparedOnKvm(WITH_FILTER, 'psci', 'test/guest/psci-conformance.test.ts'), 'PSCI 0.2', 'PSCI 1.3'),
  partly(comparedOnKvm(WITH_FILTER, 'sdei', 'test/guest/sdei-conformance.test.ts'), '0x0 by SMC'),
  onDemand(onKvm(WITH_FILTER, 'sdei handlers', 'test/guest/sdei-handlers.test.ts'), ['7.2']),
  onDemand(onKvm(WITH_FILTER, 'sdei power', 'test/guest/sdei-power.test.ts'), ['7.2']),
  onDemand(onKvm(WITH_FILTER, 'power', 'test/guest/firmware-power.test.ts'), ['7.2']),
  partly(onKvm(WITH_FILTER, 'endings', 'test/guest/firmware-endings.test.ts'), 'PSCI 1.3', 'leaves'),
  partly(onKvm(WITH_FILTER, 'refusals', 'test/guest/firmware-refusals.test.ts'), 'the guest can see'),
  { ...onDemand(onKvm(WITH_FILTER, 'suspend', 'test/kvm/suspend.test.ts'), WITH_FILTER), guests: 'suspend' },
  onDemand(onKvm(WITH_FILTER, 'memory map', 'test/guest/memory-map.test.ts'), WITH_FILTER),
  onDemand(onKvm(WITH_FILTER, 'races', 'test/kvm/races.test.ts'), ['7.2']),
  onDemand(onKvm(WITH_FILTER, 'killed', 'test/kvm/killed.test.ts'), ['7.2']),
  onKvm(WITHOUT_FILTER, 'fallback', 'test/kvm/fallback.test.ts'),
  {
    ...onKvm(WITHOUT_FILTER, 'fallback psci', 'test/kvm/fallback-psci.test.ts'),
    usually: ["kernel's PSCI 0.1", "kernel's PSCI 1.1"],
  },
  onDemand(onKvm(WITHOUT_FILTER, 'fallback races', 'test/kvm/races.test.ts', FALLBACK), WITHOUT_FILTER),
  onDemand(onKvm(WITHOUT_FILTER, 'fallback killed', 'test/kvm/killed.test.ts', FALLBACK), WITHOUT_FILTER),
];

/** The suites that run under a kernel. @param isNamed the kernel was asked for by name: then all of each */
export function suitesFor(kernel: RigKernel, isNamed: boolean): Suite[] {
  return SUITES.filter(
    ({ kernels, onDemand = [] }) => kernels.includes(kernel) && (isNamed || !onDemand.includes(kernel)),
  ).map((suite) => (isNamed ? suite : { ...suite, job: { ...suite.job, only: suite.usually ?? [] } }));
}

/** The processors that the suites need, each with its suites; `forced`: one for all of them. */
export function byCpu(suites: readonly Suite[], forced: string | undefined): Map<string, Suite[]> {
  const groups = new Map<string, Suite[]>();
  for (const suite of suites) {
    const cpu = forced ?? suite.cpu ?? USUAL_CPU;
    groups.set(cpu, [...(groups.get(cpu) ?? []), suite]);
  }
  return groups;
}

/**
 * Kernels and RAM disk that guests in the rig boot, in the rig's own cache, so that nothing there asks for a network.
 * @param jobs names of suites that will run
 */
export async function guestsForRig(jobs: readonly string[]): Promise<Map<string, Buffer>> {
  const kernel = await fetchKernel('6.12-cloud');
  const initramfs = await buildInitramfs();
  const busybox = await fetchBusybox();
  const items: (readonly [item: string, path: string, name: string])[] = [
    ['kernels/6.12-cloud', kernel.path, 'Image'],
    ['initramfs', initramfs.path, 'initramfs.cpio'],
    ['busybox', busybox.path, 'busybox'],
  ];
  if (SUITES.some((suite) => suite.guests === 'suspend' && jobs.includes(suite.job.name))) {
    const [id, module] = ['6.12', 'gpio_keys'] as const;
    const guest = await withModules(id, [module]);
    const modules = join(cacheRoot(), 'kernel-modules', id, `${module}.ko`);
    items.push([`kernels/${id}`, guest.kernel, 'Image'], [`kernel-modules/${id}`, modules, `${module}.ko`]);
  }
  const files = new Map<string, Buffer>();
  for (const [item, path, name] of items) {
    files.set(`rig/cache/${item}/${name}`, await readFile(path));
    files.set(`rig/cache/${item}/manifest.json`, await readFile(join(path, '..', 'manifest.json')));
  }
  return files;
}
