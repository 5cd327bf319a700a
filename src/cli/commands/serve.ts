import { existsSync } from 'node:fs';
import path from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { IGNORE_APP_EVENTS } from '../../common/contract/app-api.ts';
import { applicationRoot, dataDirectory } from '../../node/host/paths.ts';
import { connectToServer } from '../../node/manager/remote.ts';
import { Manager } from '../../node/manager/manager.ts';
import { ChildProcessStarter } from '../../node/vmhost/child-process-starter.ts';
import { startServer } from '../../serve/server.ts';
import { createToken } from '../../serve/token.ts';

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new InvalidArgumentError('It must be from 0 to 65535.');
  return port;
}

export function describe(program: Command): void {
  program
    .command('serve')
    .summary('manage VMs and serve the window to a browser on this computer')
    .option('--port <n>', 'TCP port on 127.0.0.1; 0 lets the system choose', parsePort, 0)
    .option('--json', 'print the address as one JSON line', false)
    .action(async (options: { port: number; json: boolean }) => {
      if (!existsSync(path.join(applicationRoot(), 'dist', 'renderer', 'index.html')))
        throw new Error('The page has not been built yet: run `npm run setup` first');
      const other = await connectToServer(dataDirectory(), IGNORE_APP_EVENTS);
      if (other) {
        other.close();
        throw new Error(`Another \`dormouse serve\` manages the VMs in ${dataDirectory()} already: ${other.url}`);
      }
      const manager = new Manager(dataDirectory(), new ChildProcessStarter());
      await manager.load();
      for (const warning of manager.warnings) process.stderr.write(`dormouse: warning: ${warning}\n`);
      const token = createToken();
      const server = await startServer(manager, token, options.port);
      await manager.publishServer({ url: server.url, token, pid: process.pid });
      const address = `${server.url}#token=${token}`;
      if (options.json) console.log(JSON.stringify({ url: server.url, token, address }));
      else
        console.log(
          `Open ${address}\nThe address is a key to your VMs: share it with nobody. Ctrl-C ends Dormouse and its VMs.`,
        );
      await new Promise<void>((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
      });
      await server.close();
      await manager.withdrawServer();
      await manager.dispose();
    });
}
