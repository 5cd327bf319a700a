import { toDisposable } from '../../src/common/base/disposable.ts';
import type { PreloadBridge } from '../../src/common/contract/preload-bridge.ts';
import type { Wire } from '../../src/common/rpc/wire.ts';

declare global {
  interface Window {
    readonly dormouse?: PreloadBridge;
  }
}

/** The wire that the preload exposes, or undefined in a plain browser. */
export function preloadWire(): Wire | undefined {
  const bridge = window.dormouse;
  if (!bridge) return undefined;
  return {
    send: bridge.post,
    onMessage: bridge.onMessage,
    // The window and its main process live and die together.
    onClose: () => toDisposable(() => undefined),
  };
}
