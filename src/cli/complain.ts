import { ERROR_HINTS, isErrorCode } from '../common/contract/errors.ts';

/** Says what went wrong and, where there is something, what to do about it. */
export function complain(error: unknown): void {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  process.stderr.write(`dormouse: ${error instanceof Error ? error.message : String(error)}\n`);
  if (isErrorCode(code)) process.stderr.write(`  ${ERROR_HINTS[code]}\n`);
}
