import { onTestFinished } from 'vitest';
import { Manager } from '../../src/node/manager/manager.ts';
import { startServer } from '../../src/serve/server.ts';
import { createToken } from '../../src/serve/token.ts';
import { FakeStarter } from './fake-vmhost.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** The window's server over guests that a test plays itself; ended with the test. */
export async function startFakeServer() {
  const starter = new FakeStarter();
  const manager = new Manager(temporaryFolder(), starter);
  await manager.load();
  const token = createToken();
  const server = await startServer(manager, token, 0);
  onTestFinished(async () => {
    await server.close();
    await manager.dispose();
  });
  return { manager, starter, address: `${server.url}#token=${token}` };
}
