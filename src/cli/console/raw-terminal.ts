import type { Disposable } from '../../common/base/disposable.ts';
import { toDisposable } from '../../common/base/disposable.ts';

/**
 * Hands every key to `onInput` until disposed. A terminal is switched to raw mode and always restored; a pipe is read as
 * it is, and its end is no reason to stop the guest.
 */
export function readKeys(input: NodeJS.ReadStream, onInput: (data: Uint8Array) => void): Disposable {
  const restore = () => {
    if (input.isTTY) input.setRawMode(false);
  };
  if (input.isTTY) input.setRawMode(true);
  const listener = (data: Buffer) => {
    onInput(new Uint8Array(data));
  };
  input.on('data', listener);
  input.on('error', restore);
  process.once('exit', restore);
  return toDisposable(() => {
    input.off('data', listener);
    input.pause();
    process.off('exit', restore);
    restore();
  });
}
