import { expect, test, vi } from 'vitest';
import { WIRE_CHANNEL, type PreloadBridge } from '../../../src/common/contract/preload-bridge.ts';
import { exposed, ipcRenderer } from '../../helpers/electron-fake.ts';

vi.mock('electron', () => import('../../helpers/electron-fake.ts'));

test('the page gets one wire and nothing else', async () => {
  await import('../../../src/preload/preload.ts');
  expect(Object.keys(exposed)).toEqual(['dormouse']);
  const bridge = exposed['dormouse'] as PreloadBridge;
  expect(Object.keys(bridge).sort()).toEqual(['onMessage', 'post']);

  const heard: unknown[] = [];
  bridge.onMessage((message) => heard.push(message));
  ipcRenderer.emit(WIRE_CHANNEL, { sender: 'not for the page' }, 'hello');
  bridge.post('hi');
  expect({ heard, sent: ipcRenderer.sent }).toEqual({ heard: ['hello'], sent: ['hi'] });
});
