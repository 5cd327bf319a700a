import * as binding from '../../binding/index.js';

/** The only import of the addon in src/: a crash of native code takes this process and no other. */
export const native = binding;
