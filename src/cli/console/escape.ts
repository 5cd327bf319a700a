/** What the keyboard asks for besides bytes for the guest. */
export type EscapeCommand = 'quit' | 'monitor' | 'help';

const CTRL_A = 0x01;
const COMMANDS: Readonly<Record<string, EscapeCommand>> = { x: 'quit', c: 'monitor', h: 'help', '?': 'help' };

/** Bytes for the guest, or a command, in the order they were typed. */
export type Keys = Uint8Array | EscapeCommand;

/** Takes Ctrl-A sequences out of what is typed. Ctrl-A Ctrl-A (or Ctrl-A a) sends one Ctrl-A; an unknown letter sends both. */
export class EscapeFilter {
  #pending = false;

  take(data: Uint8Array): Keys[] {
    const keys: Keys[] = [];
    let forGuest: number[] = [];
    const flush = () => {
      if (forGuest.length > 0) keys.push(Uint8Array.from(forGuest));
      forGuest = [];
    };
    for (const byte of data) {
      if (!this.#pending) {
        if (byte === CTRL_A) this.#pending = true;
        else forGuest.push(byte);
        continue;
      }
      this.#pending = false;
      const letter = String.fromCharCode(byte);
      const command = COMMANDS[letter];
      if (command) {
        flush();
        keys.push(command);
      } else if (byte === CTRL_A || letter === 'a') forGuest.push(CTRL_A);
      else forGuest.push(CTRL_A, byte);
    }
    flush();
    return keys;
  }
}

export const ESCAPE_HELP = [
  'Ctrl-A x  end the guest and quit',
  'Ctrl-A c  monitor: info, trace, sdei, pause, resume, wake, power; again to return',
  'Ctrl-A h  this help',
  'Ctrl-A a  send Ctrl-A to the guest',
].join('\r\n');
