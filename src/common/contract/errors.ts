/** Every code an API can answer with, and what a person can do about it. */
export const ERROR_HINTS = {
  E_INVALID: 'Correct the named value and try again.',
  E_NOT_FOUND: 'List the VMs to see which exist.',
  E_STATE: 'Wait for the running operation, or choose an action that fits the state shown.',
  E_NOT_RUNNING: 'Start the VM with `dormouse start`, and try again.',
  E_NO_SERVER: 'Start `dormouse serve` in another terminal and leave it open; it runs the VMs.',
  E_CONFIRM: 'Do it anyway with --force.',
  E_LOCKED: 'Another Dormouse manages this VM. Use its window, or stop it first.',
  E_UNSUPPORTED: 'Run `dormouse doctor` to see what this computer offers.',
  E_HOST: 'See the message for what the operating system refused.',
  E_MEMORY: 'Give the VM less memory, or close other programs.',
  E_CORRUPT: 'The file is damaged; restore it from a copy.',
  E_INTERNAL: 'This is a fault of Dormouse. Please report it with the log.',
} as const;
export type ErrorCode = keyof typeof ERROR_HINTS;

/** An error with a code for programs and a sentence for people; crosses every wire as `{code, message}`. */
export class DormouseError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string) {
    super(message);
    this.name = 'DormouseError';
    this.code = code;
  }
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_HINTS, value);
}

/** What a wire carries instead of an Error object. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
}

export function toWireError(error: unknown): WireError {
  if (error instanceof Error) {
    const code: unknown = 'code' in error ? error.code : undefined;
    return { code: isErrorCode(code) ? code : 'E_INTERNAL', message: error.message };
  }
  return { code: 'E_INTERNAL', message: String(error) };
}

export function fromWireError(wire: WireError): DormouseError {
  return new DormouseError(wire.code, wire.message);
}
