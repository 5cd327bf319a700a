// Who may know whom. A folder may use itself and what is listed; the longest entry that fits a path holds for it.

/** Headers of the operating system; only the folders in OS_DOORS may include them. */
export const OS_HEADER =
  /^(sys\/|linux\/|asm\/|mach\/|mach-o\/|libkern\/|arpa\/|net\/|netinet\/|Hypervisor\/|(unistd|pthread|fcntl|poll|signal|errno|sched|termios|dlfcn|semaphore|ucontext|windows|aio|spawn|dirent|libgen|pwd|grp)\.h$)/;
export const OS_MACRO = /^\s*#\s*(?:el)?if.*\b(__linux__|__APPLE__|_WIN32|__unix__)\b/;
export const OS_DOORS = ['binding/base/sys', 'binding/engine/kvm'];

/** Only this folder speaks Node-API. */
export const NODE_HEADER = /^(node_api|js_native_api|napi|napi-inl|node)\.h$|^uv\.h$/;
export const NODE_DOORS = ['binding/napi'];

const FACTS = ['base', 'arch', 'generated', 'state', 'memory', 'wires'];
const EMULATOR = 'engine/emulator';

/** @type {Readonly<Record<string, readonly string[]>>} */
export const CPP_LAYERS = {
  base: [],
  arch: ['base'],
  state: ['base'],
  // Tables written by a generator: facts, and the declarations of the emulator's instruction functions.
  generated: ['base', 'arch', `${EMULATOR}/cpu`, `${EMULATOR}/isa`],
  wires: ['base', 'arch'],
  memory: ['base', 'arch', 'state', 'wires'],
  engine: FACTS,
  // Names and fields of registers, for sentences about them.
  'engine/registers': ['base', 'arch', 'engine'],
  'engine/kvm': [...FACTS, 'engine', 'engine/registers'],
  [EMULATOR]: [...FACTS, 'engine', `${EMULATOR}/*`],
  [`${EMULATOR}/cpu`]: [...FACTS, 'engine'],
  [`${EMULATOR}/isa`]: ['base', 'arch', 'generated', `${EMULATOR}/cpu`],
  [`${EMULATOR}/semantics`]: [...FACTS, ...['cpu', 'isa', 'runtime'].map((name) => `${EMULATOR}/${name}`)],
  [`${EMULATOR}/mmu`]: [...FACTS, 'engine', `${EMULATOR}/cpu`, `${EMULATOR}/runtime`],
  [`${EMULATOR}/runtime`]: [...FACTS, 'engine', 'engine/registers', `${EMULATOR}/cpu`, `${EMULATOR}/isa`],
  [`${EMULATOR}/interpreter`]: [
    ...FACTS,
    'engine',
    ...['cpu', 'isa', 'semantics', 'mmu', 'runtime'].map((name) => `${EMULATOR}/${name}`),
  ],
  [`${EMULATOR}/jit`]: [
    ...FACTS,
    'engine',
    ...['cpu', 'isa', 'mmu', 'runtime', 'interpreter', 'jit/x64'].map((name) => `${EMULATOR}/${name}`),
  ],
  [`${EMULATOR}/jit/x64`]: [
    ...FACTS,
    'engine',
    ...['cpu', 'isa', 'mmu', 'runtime', 'interpreter', 'jit'].map((name) => `${EMULATOR}/${name}`),
  ],
  devices: FACTS,
  backends: ['base', 'arch', 'wires'],
  firmware: [...FACTS, 'engine'],
  // Of the emulator it knows the engine, and the disassembler for crash reports.
  machine: [
    ...FACTS,
    'engine',
    'engine/registers',
    'engine/kvm',
    EMULATOR,
    `${EMULATOR}/isa`,
    'devices',
    'backends',
    'firmware',
  ],
  // It converts, and nothing else: of firmware the names in its trace, of backends the bytes of the console.
  napi: ['base', 'arch', 'wires', 'generated', 'machine', 'firmware', 'backends'],
};

/** No device includes another; these are what several devices are made of. */
export const DEVICE_FRAMEWORKS = ['pci', 'virtio', 'fw_cfg'];

/**
 * TypeScript: `files` are folders of the project, `packages` what may come from outside (`node:` for Node itself).
 * @type {Readonly<Record<string, { files: readonly string[], packages: readonly string[] }>>}
 */
export const TS_LAYERS = {
  'src/common': { files: [], packages: ['zod', 'birpc', '@msgpack/msgpack'] },
  'src/node': {
    files: ['src/common'],
    packages: ['node:', 'zod', 'ws', 'env-paths', 'write-file-atomic', 'proper-lockfile', '@msgpack/msgpack'],
  },
  'src/vmhost': { files: ['src/common', 'src/node'], packages: ['node:'] },
  'src/vmhost/native.ts': { files: ['src/common', 'src/node', 'binding'], packages: ['node:'] },
  'src/serve': { files: ['src/common', 'src/node'], packages: ['node:', 'ws', 'zod'] },
  'src/main': { files: ['src/common', 'src/node'], packages: ['node:', 'electron', 'zod'] },
  'src/preload': { files: ['src/common'], packages: ['electron'] },
  'src/cli': { files: ['src/common', 'src/node', 'src/serve'], packages: ['node:', 'commander', 'zod'] },
  'src/setup': { files: [], packages: ['node:'] },
  renderer: { files: ['src/common'], packages: ['svelte', '@xterm/xterm', '@xterm/addon-fit', 'bits-ui', 'zod'] },
  'renderer/ui': { files: [], packages: ['svelte', 'bits-ui'] },
};
