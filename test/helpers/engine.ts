import * as z from 'zod';
import type { EngineName } from '../../binding/index.js';

/**
 * The engine that the tests with machines of their own use: DORMOUSE_TEST_ENGINE, or the emulator, which is everywhere.
 * @throws when the variable names no engine
 */
export const TEST_ENGINE: EngineName = z
  .enum(['emulator', 'kvm'], { error: 'DORMOUSE_TEST_ENGINE is neither "emulator" nor "kvm"' })
  .parse(process.env['DORMOUSE_TEST_ENGINE'] ?? 'emulator');
