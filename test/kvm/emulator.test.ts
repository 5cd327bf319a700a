// The emulator on an arm64 host.
import { expect, test } from 'vitest';
import { hostInfo } from '../../binding/index.js';
import { TinyMachine } from '../contract/addon/tiny-machine.ts';

test('this is an arm64 host and the emulator works on it', () => {
  expect(hostInfo().platform).toBe('linux-arm64');
  const emulator = hostInfo().engines.find((engine) => engine.name === 'emulator');
  expect(emulator).toMatchObject({ available: true, reason: '' });
});

test('the tiny guest boots on the emulator and powers off', async () => {
  const tiny = await TinyMachine.started({ engine: 'emulator', cpus: 2 });
  expect(await tiny.command('cpu')).toContain('MIDR');
  tiny.type('off\n');
  expect(await tiny.ended).toMatchObject({ outcome: 'powered-off' });
  await tiny.machine.close();
});
