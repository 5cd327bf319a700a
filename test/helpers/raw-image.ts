import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './temporary-folder.ts';

const HEADER = 64;
/** b #64 */
const TO_CODE = 0x14000010;

/**
 * An arm64 Image of a few instructions, in a file that goes with the test. [Linux, Documentation/arch/arm64/booting.rst]
 * @param code A64 instructions; they start with the MMU off and x0 as the address of the device tree
 */
export function imageOf(code: readonly number[]): string {
  const bytes = Buffer.alloc(HEADER + 4 * code.length);
  bytes.writeUInt32LE(TO_CODE, 0);
  bytes.writeBigUInt64LE(BigInt(bytes.length), 16);
  bytes.write('ARM\x64', 56, 'latin1');
  code.forEach((word, i) => bytes.writeUInt32LE(word, HEADER + 4 * i));
  const path = join(temporaryFolder(), 'raw.Image');
  writeFileSync(path, bytes);
  return path;
}
