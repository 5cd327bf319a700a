import { request } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { Manager } from '../../../src/node/manager/manager.ts';
import { startServer } from '../../../src/serve/server.ts';
import { createToken } from '../../../src/serve/token.ts';
import { FakeStarter } from '../../helpers/fake-vmhost.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

async function server() {
  const token = createToken();
  const running = await startServer(new Manager(temporaryFolder(), new FakeStarter()), token, 0);
  onTestFinished(() => running.close());
  return { ...running, token };
}

function opens(port: number, token: string, headers: Record<string, string> = {}): Promise<boolean> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api`, ['dormouse.v1', `token.${token}`], { headers });
  return new Promise((resolve) => {
    socket.once('open', () => {
      socket.terminate();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}

function status(port: number, path: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .once('error', reject)
      .end();
  });
}

test('the API opens for the right token alone', async () => {
  const { port, token } = await server();
  expect(await opens(port, token)).toBe(true);
  expect(await opens(port, createToken())).toBe(false);
  expect(await opens(port, '')).toBe(false);
});

test('a page from elsewhere cannot use the API, even with the token', async () => {
  const { port, token } = await server();
  expect(await opens(port, token, { origin: 'http://evil.example' })).toBe(false);
  expect(await opens(port, token, { origin: `http://127.0.0.1:${port}` })).toBe(true);
});

test('another host name that resolves to this computer is refused', async () => {
  const { port } = await server();
  expect(await status(port, '/', { host: 'evil.example' })).toBe(421);
});

test.each(['/../package.json', '/%2e%2e/package.json', '/..%2fpackage.json', '/%', '/%00'])(
  '%s is not served',
  async (path) => {
    const { port } = await server();
    expect(await status(port, path)).toBeGreaterThanOrEqual(400);
  },
);
