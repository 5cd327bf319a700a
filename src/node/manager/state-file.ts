import { open, stat } from 'node:fs/promises';
import { DormouseError } from '../../common/contract/errors.ts';

/** How a saved state begins. [binding/machine/state_file.h] */
const MAGIC = 'DORMOUSE STATE\r\n';

/**
 * The window is not trusted, and a slip of the keyboard is quickly made: saving may make a new file or replace a saved
 * state, and nothing else.
 * @throws DormouseError E_INVALID for any other file that exists
 */
export async function checkReplaceable(file: string): Promise<void> {
  const status = await stat(file).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new DormouseError('E_INVALID', `${file} cannot be replaced: ${(error as Error).message}`);
  });
  if (!status) return;
  if (!status.isFile()) throw new DormouseError('E_INVALID', `${file} is no plain file: choose another name`);
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw new DormouseError('E_INVALID', `${file} cannot be replaced: ${(error as Error).message}`);
  });
  try {
    const head = Buffer.alloc(MAGIC.length);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    if (bytesRead !== head.length || head.toString('latin1') !== MAGIC)
      throw new DormouseError('E_INVALID', `${file} exists and is no saved state: choose another name`);
  } finally {
    await handle.close();
  }
}
