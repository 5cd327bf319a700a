import type { IncomingMessage, ServerResponse } from 'node:http';
import { metricsText, type MeasuredVm } from '../common/vm/metrics.ts';
import { isLive } from '../common/vm/vm-state.ts';
import type { Manager } from '../node/manager/manager.ts';
import { sameToken } from './token.ts';

/** Where a monitoring system finds the figures of all VMs that run. */
export const METRICS_PATH = '/metrics';

async function measure(manager: Manager): Promise<MeasuredVm[]> {
  const live = (await manager.listVms()).filter((vm) => isLive(vm.state));
  const measured = live.map(async ({ id, spec }) => {
    const stats = await manager.statsVm(id).catch(() => undefined); // It may just have ended.
    return stats ? [{ name: spec.name, stats }] : [];
  });
  return (await Promise.all(measured)).flat();
}

/** Answers GET with the token as "Authorization: Bearer". */
export async function serveMetrics(
  manager: Manager,
  token: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const presented = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  if (!sameToken(token, presented)) {
    response.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
    return;
  }
  if (request.method !== 'GET') {
    response.writeHead(405, { allow: 'GET' }).end();
    return;
  }
  try {
    const text = metricsText(await measure(manager));
    response.writeHead(200, {
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
      'cache-control': 'no-store',
    });
    response.end(text);
  } catch (error) {
    response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' }).end(`${(error as Error).message}\n`);
  }
}
