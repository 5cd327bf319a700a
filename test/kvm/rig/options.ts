import { parseArgs } from 'node:util';

/** Names of the command line, and the kernels of src/node/images/catalogue.ts that the rig's own Linux is taken from. */
export const RIG_KERNELS = { '6.1': '6.1-cloud', '6.12': '6.12-cloud', '7.2': '7.2-cloud' } as const;
export type RigKernel = keyof typeof RIG_KERNELS;

/** What QEMU calls the rig's processor, where a suite needs no other. */
export const USUAL_CPU = 'neoverse-n1';

export interface RigOptions {
  readonly kernels: readonly RigKernel[];
  /** The kernels were asked for by name: then every suite of theirs runs. */
  readonly areNamed: boolean;
  /** Suites and test names that contain one of these; empty: all. */
  readonly only: readonly string[];
  /** How often each suite runs, one after the other in the same boot of the rig. */
  readonly repeat: number;
  /** C++ test programs to run instead of the suites: targets of CMake. */
  readonly programs: readonly string[];
  /** Given to each of `programs`. */
  readonly arguments: readonly string[];
  /** What QEMU calls the processor of the rig, for every suite; undefined: what each needs. */
  readonly cpu: string | undefined;
  /** A shell on the rig's console instead of the tests. */
  readonly shell: boolean;
  /** Leave the folder with initramfs, console and results. */
  readonly keep: boolean;
  /** After so many minutes a kernel's run has failed. */
  readonly minutes: number;
}

export const USAGE = `Usage: npm run test:kvm -- [options] [-- ARGUMENTS of the programs]
  --help           this text
  --kernel K       the rig's Linux: 6.1, 6.12 or 7.2; may be repeated
                   (default: all three, the long suites under one of them each)
  --only PATTERN   suites or tests whose name contains PATTERN; may be repeated
  --repeat N       runs each suite N times in one boot, to find what fails seldom (default 1)
  --program FILE   runs a C++ test program of build/aarch64 instead of the suites, for example test_kvm; may be repeated
  --cpu CPU        QEMU's name of the rig's processor (default: what each suite needs, mostly ${USUAL_CPU})
  --shell          a shell in the rig on this terminal; Ctrl-A x ends it
  --keep           leaves the rig's files and prints how to start it by hand
  --minutes N      when a kernel's run has failed for its time (default 15)
`;

/** @throws Error naming the option that cannot be understood; undefined: help was asked for. */
export function parseOptions(args: readonly string[]): RigOptions | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', default: false },
      kernel: { type: 'string', multiple: true, default: [] },
      only: { type: 'string', multiple: true, default: [] },
      repeat: { type: 'string', default: '1' },
      program: { type: 'string', multiple: true, default: [] },
      cpu: { type: 'string' },
      shell: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      minutes: { type: 'string', default: '15' },
    },
  });
  if (values.help) return undefined;
  if (positionals.length > 0 && values.program.length === 0) {
    throw new Error(`"${positionals[0]}": only programs (--program) take arguments`);
  }
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new Error(`--minutes "${values.minutes}" is not a number above 0`);
  const repeat = Number(values.repeat);
  if (!Number.isInteger(repeat) || repeat < 1) throw new Error(`--repeat "${values.repeat}" is not a number above 0`);
  const known = Object.keys(RIG_KERNELS) as RigKernel[];
  const kernels = values.kernel.map((name) => {
    const kernel = known.find((one) => one === name);
    if (kernel === undefined) throw new Error(`--kernel "${name}": expected one of ${known.join(', ')}`);
    return kernel;
  });
  // A look, or one program, needs one kernel.
  const usual: readonly RigKernel[] = values.shell || values.program.length > 0 ? ['6.12'] : ['6.12', '7.2', '6.1'];
  return {
    kernels: kernels.length > 0 ? kernels : usual,
    areNamed: kernels.length > 0,
    only: values.only,
    repeat,
    programs: values.program,
    arguments: positionals,
    cpu: values.cpu,
    shell: values.shell,
    keep: values.keep,
    minutes,
  };
}
