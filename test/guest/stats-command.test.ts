import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { CliProcess, runCliIn } from '../helpers/cli.ts';
import { startServe } from '../helpers/serve-process.ts';

const TINY_IMAGE = fileURLToPath(new URL('../../resources/guests/tiny/tiny.Image', import.meta.url));

const statsSchema = z.strictObject({
  guestTimeNs: z.number(),
  seconds: z.number(),
  counters: z.record(z.string(), z.number()),
  figures: z.record(z.string(), z.number()),
});

test('figures of a running guest: as text, as JSON, one vCPU, again and again, and for a monitoring system', async () => {
  const { home, url, token } = await startServe();
  const dormouse = async (...args: readonly string[]) => {
    const { status, stdout, stderr } = await runCliIn(home, ...args);
    return { status, stdout, stderr };
  };
  await dormouse('create', 'tiny', '--kernel', TINY_IMAGE, '--memory', '64M', '--cpus', '2', '--engine', 'emulator');
  expect(await dormouse('stats', 'tiny')).toMatchObject({
    status: 1,
    stderr: 'dormouse: "tiny" is not running: it is off\n  Start the VM with `dormouse start`, and try again.\n',
  });
  await dormouse('start', 'tiny');

  const read = async (...args: readonly string[]) => {
    const { status, stdout, stderr } = await dormouse('stats', 'tiny', '--json', ...args);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    return statsSchema.parse(JSON.parse(stdout));
  };
  await vi.waitUntil(async () => ((await read()).counters['blocksDecoded'] ?? 0) > 10, { timeout: 60_000 });
  const all = await read();
  expect(all.seconds).toBeCloseTo(all.guestTimeNs / 1e9);
  expect(all.counters['instructionsRetired']).toBeGreaterThan(0);
  const second = await read('--vcpu', '1');
  expect(second.counters['blocksDecoded']).toBeLessThan(all.counters['blocksDecoded'] ?? 0);
  for (const [args, status, words] of [
    [['tiny', '--vcpu', '2'], 1, 'There is no vCPU 2; it has 2'],
    [['tiny', '--vcpu', 'x'], 2, 'the number of a vCPU'],
    [['nobody'], 1, 'There is no VM'],
  ] as const) {
    const refused = await dormouse('stats', ...args);
    expect(refused.stderr, args.join(' ')).toContain(words);
    expect(refused.status, args.join(' ')).toBe(status);
  }
  const { stdout } = await dormouse('stats', 'tiny');
  expect(stdout).toMatch(/^emulator, \d+\.\d s of guest time\n/);
  expect(stdout).toMatch(/\n {2}blocksDecoded +[\d,]+ {2}blocks of guest code that were decoded\n/);

  const watching = new CliProcess(['stats', 'tiny', '--watch', '--json'], { DORMOUSE_HOME: home });
  await watching.waitForMatch(/\n.*\n/);
  watching.child.kill('SIGTERM');
  const lines = watching.stdout.split('\n').slice(0, 2);
  const [from, then] = lines.map((line) => statsSchema.parse(JSON.parse(line)));
  expect(then?.guestTimeNs).toBeGreaterThan(from?.guestTimeNs ?? 0);
  expect(then?.seconds).toBeCloseTo(((then?.guestTimeNs ?? 0) - (from?.guestTimeNs ?? 0)) / 1e9);

  const scrape = (key: string) => fetch(new URL('/metrics', url), { headers: { authorization: `Bearer ${key}` } });
  expect((await scrape('wrong')).status).toBe(401);
  expect((await fetch(new URL('/metrics', url))).status).toBe(401);
  const scraped = await scrape(token);
  expect(scraped.headers.get('content-type')).toContain('version=0.0.4');
  const sample = /^dormouse_instructions_retired_total\{vm="tiny",vcpu="0"\} (\d+)$/m.exec(await scraped.text());
  expect(Number(sample?.[1])).toBeGreaterThan(0);
});
