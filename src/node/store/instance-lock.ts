import lockfile from 'proper-lockfile';
import { DormouseError } from '../../common/contract/errors.ts';

export type Release = () => Promise<void>;

/**
 * Takes the lock of an instance folder, so that two managers cannot run one VM. A lock whose owner died is stale after ten
 * seconds and is taken over.
 */
export async function lockInstance(folder: string, name: string): Promise<Release> {
  try {
    return await lockfile.lock(folder, {
      stale: 10_000,
      update: 3_000,
      realpath: false,
      onCompromised: () => undefined,
    });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ELOCKED')
      throw new DormouseError('E_LOCKED', `Another Dormouse is running the VM "${name}"`);
    throw error;
  }
}
