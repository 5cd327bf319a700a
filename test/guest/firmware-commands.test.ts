import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { CliProcess, runCliIn, summaryOf } from '../helpers/cli.ts';
import { debianGuest } from '../helpers/debian.ts';
import { startServe } from '../helpers/serve-process.ts';
import type { VmSummary } from '../../src/common/contract/app-api.ts';

const callSchema = z.object({ sequence: z.number(), functionName: z.string(), result: z.string().nullable() });

async function debianIn(home: string, ...options: readonly string[]) {
  const guest = await debianGuest('6.12-cloud');
  const files = ['--kernel', guest.kernel, '--initrd', guest.initrd];
  const dormouse = async (...args: readonly string[]) => {
    const { status, stdout, stderr } = await runCliIn(home, ...args);
    return { status, text: stdout + stderr };
  };
  await dormouse('create', 'deb', ...files, '--cpus', '2', ...options);
  return dormouse;
}

test('the trace is followed to the end, and names what the guest called', async () => {
  const { home } = await startServe();
  const dormouse = await debianIn(home, '--append', 'console=ttyAMA0 dormouse.do=poweroff');
  await dormouse('start', 'deb');
  const { status, text } = await dormouse('trace', 'deb', '--follow', '--json');
  const calls = text
    .trimEnd()
    .split('\n')
    .map((line) => callSchema.parse(JSON.parse(line)));
  expect(status).toBe(0);
  expect(calls[0]).toMatchObject({ sequence: 0, functionName: 'PSCI_VERSION', result: 'PSCI 1.3' });
  expect(calls).toContainEqual(expect.objectContaining({ functionName: 'CPU_ON', result: 'SUCCESS' }));
  expect(calls.at(-1)).toMatchObject({ functionName: 'SYSTEM_OFF', result: null });
});

test('a question is answered from the command line, and the second answer is refused', async () => {
  const { home } = await startServe();
  const rule = ['--policy', 'SYSTEM_RESET=ask', '--policy-timeout', '120'];
  const dormouse = await debianIn(home, '--append', 'console=ttyAMA0 dormouse.do=reboot', ...rule);
  expect((await dormouse('policy', 'answer', 'deb', 'allow')).text).toContain('"deb" waits for no answer');
  await dormouse('start', 'deb');
  await vi.waitFor(
    async () => expect((await dormouse('policy', 'show', 'deb')).text).toMatch(/waiting: vCPU \d called SYSTEM_RESET/),
    { timeout: 120_000, interval: 500 },
  );
  expect((await dormouse('policy', 'answer', 'deb', 'allow')).text).toContain('SYSTEM_RESET of "deb": allow');
  expect((await dormouse('policy', 'answer', 'deb', 'deny')).status).toBe(1);
  const { text } = await dormouse('list', '--json');
  expect(JSON.parse(text)).toMatchObject([{ lastReset: { kind: 'cold', type: 0, cookie: '0x0' } }]);
  const info = JSON.parse((await dormouse('info', 'deb', '--json')).text) as VmSummary & { engineSentence: string };
  expect(info.engineSentence).toBe(`${info.engine}: ${info.engineReason}`);
  expect((await dormouse('info', 'deb')).text).toContain(`engine       ${info.engineSentence}`);
});

test('an event that nobody registered is refused or pending with the reason', async () => {
  const { home } = await startServe();
  const dormouse = await debianIn(home, '--append', 'console=ttyAMA0', '--sdei-event', '0x40000001');
  await dormouse('start', 'deb');
  const { text } = await dormouse('sdei', 'inject', 'deb', '0x40000001', '--cpu', '0', '--json');
  const [injection] = z
    .array(z.object({ vcpu: z.number(), outcome: z.enum(['pending', 'refused']), reason: z.string().min(1) }))
    .parse(JSON.parse(text));
  expect(injection?.vcpu).toBe(0);
  expect(await dormouse('sdei', 'inject', 'deb', '0x40000002')).toMatchObject({
    status: 1,
    text: expect.stringContaining('event') as string,
  });
});

test('the terminal asks, and a pressed y lets the guest restart', async () => {
  const guest = await debianGuest('6.12-cloud');
  const cli = new CliProcess([
    ...['run', '--kernel', guest.kernel, '--initrd', guest.initrd, '--timeout', '200', '--json', '--no-reboot'],
    ...['--append', 'console=ttyAMA0 dormouse.do=reboot', '--policy', 'SYSTEM_RESET=ask', '--policy-timeout', '120'],
  ]);
  await cli.waitFor('reboot: Restarting system');
  await vi.waitFor(() => expect(cli.stderr).toContain('calls SYSTEM_RESET'), { timeout: 60_000 });
  cli.type('y');
  const result = await cli.done;
  expect(result.status).toBe(3);
  expect(summaryOf(result)).toMatchObject({ outcome: 'reset', lastReset: { kind: 'cold', type: 0, cookie: '0x0' } });
});
