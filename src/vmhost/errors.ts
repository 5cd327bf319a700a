import { DormouseError, type ErrorCode } from '../common/contract/errors.ts';

/** Codes of the addon (binding/index.d.ts) as the rest of the product spells them. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  InvalidArgument: 'E_INVALID',
  InvalidState: 'E_STATE',
  NotFound: 'E_NOT_FOUND',
  Unsupported: 'E_UNSUPPORTED',
  OutOfMemory: 'E_MEMORY',
  HostFailure: 'E_HOST',
  Corrupt: 'E_CORRUPT',
  Superseded: 'E_STATE',
};

function text(source: object, key: string): string | undefined {
  const value: unknown = Reflect.get(source, key);
  return typeof value === 'string' ? value : undefined;
}

/** "memoryBytes: ..." when the addon names the field. */
export function fromNativeError(error: unknown): DormouseError {
  if (!(error instanceof Error)) return new DormouseError('E_INTERNAL', String(error));
  const code = CODES[text(error, 'code') ?? ''] ?? 'E_INTERNAL';
  const field = text(error, 'field');
  const named = field === undefined || error.message.includes(field) ? error.message : `${field}: ${error.message}`;
  return new DormouseError(code, named);
}
