import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { DisposableStore, toDisposable, type Disposable } from '../../../src/common/base/disposable.ts';

export interface ConsoleTerminal extends Disposable {
  write(data: Uint8Array): void;
}

/** An xterm.js terminal that fills `host` and takes its colours and font from the page's tokens. */
export function openTerminal(host: HTMLElement, oninput: (data: Uint8Array) => void): ConsoleTerminal {
  const owned = new DisposableStore();
  const tokens = getComputedStyle(host);
  const terminal = owned.own(
    new Terminal({
      fontFamily: tokens.getPropertyValue('--font-mono'),
      fontSize: 13,
      scrollback: 10_000,
      screenReaderMode: true,
      theme: {
        background: tokens.getPropertyValue('--terminal'),
        foreground: tokens.getPropertyValue('--terminal-text'),
      },
    }),
  );
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(host);
  fit.fit();
  const resize = new ResizeObserver(() => {
    fit.fit();
  });
  resize.observe(host);
  owned.own(
    toDisposable(() => {
      resize.disconnect();
    }),
  );
  const encoder = new TextEncoder();
  terminal.onData((text) => {
    oninput(encoder.encode(text));
  });
  // Mouse reports are bytes, not text.
  terminal.onBinary((text) => {
    oninput(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  });
  return {
    write: (data) => {
      terminal.write(data);
    },
    dispose: () => {
      owned.dispose();
    },
  };
}
