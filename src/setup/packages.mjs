// Every system package the project uses, by its Debian name, with the reason it is here.
// Groups: `build` is all a user needs; `test` and `bench` are added for those who work on the project.

/** @typedef {{ name: string, group: 'build' | 'test' | 'bench', why: string, brew?: string }} SystemPackage */

/** @type {readonly SystemPackage[]} */
export const PACKAGES = [
  { name: 'cmake', group: 'build', why: 'configures the addon', brew: 'cmake' },
  { name: 'ninja-build', group: 'build', why: 'builds the addon', brew: 'ninja' },
  { name: 'g++', group: 'build', why: 'C++20 compiler of the addon' },
  { name: 'libfdt-dev', group: 'build', why: 'writes the device tree', brew: 'dtc' },
  { name: 'zlib1g-dev', group: 'build', why: 'unpacks gzip and EFI zboot kernels' },
  { name: 'libzstd-dev', group: 'build', why: 'unpacks kernels packed with zstd', brew: 'zstd' },
  { name: 'ca-certificates', group: 'build', why: 'npm checks what it downloads' },

  { name: 'ccache', group: 'test', why: 'three compilers build the same files again and again', brew: 'ccache' },
  { name: 'clang', group: 'test', why: 'the second compiler that must accept the core' },
  { name: 'clang-format', group: 'test', why: 'format check of the C++ files', brew: 'clang-format' },
  { name: 'doctest-dev', group: 'test', why: 'C++ unit tests', brew: 'doctest' },
  { name: 'g++-aarch64-linux-gnu', group: 'test', why: 'the core for arm64 hosts' },
  { name: 'libc6-dev-arm64-cross', group: 'test', why: 'C library of the arm64 build' },
  { name: 'binutils-aarch64-linux-gnu', group: 'test', why: 'assembles and lists guest code' },
  { name: 'qemu-user', group: 'test', why: 'runs the arm64 unit tests; one oracle of the instructions' },
  { name: 'libvixl-dev', group: 'test', why: 'the other oracle of the instructions' },
  { name: 'device-tree-compiler', group: 'test', why: 'reads our device trees back', brew: 'dtc' },
  { name: 'chromium', group: 'test', why: 'the window is tested in a real browser' },
  { name: 'fonts-dejavu-core', group: 'test', why: 'text in screenshots' },
  { name: 'xz-utils', group: 'test', why: 'packs an initial RAM disk as distributions do' },
  { name: 'make', group: 'test', why: 'builds a kernel module for a guest, as the kernel does' },

  { name: 'g++-aarch64-linux-gnu', group: 'bench', why: 'compiles the benchmark kernels for the guest' },
  { name: 'libc6-dev-arm64-cross', group: 'bench', why: 'C library of the benchmark kernels' },
];

/** What a run needs in addition to `build`. */
export const PURPOSES = { demo: [], test: ['test'], bench: ['bench'] };

/**
 * @param {keyof typeof PURPOSES} purpose
 * @returns {readonly SystemPackage[]} the packages of that purpose, each once
 */
export function packagesFor(purpose) {
  const groups = new Set(['build', ...PURPOSES[purpose]]);
  const seen = new Set();
  return PACKAGES.filter((entry) => groups.has(entry.group) && !seen.has(entry.name) && seen.add(entry.name));
}
