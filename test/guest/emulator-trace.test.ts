import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createMachine } from '../../binding/index.js';
import { native } from '../../src/vmhost/native.ts';
import { CliProcess, runCli, runCliIn } from '../helpers/cli.ts';
import { startServe } from '../helpers/serve-process.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const TINY_IMAGE = fileURLToPath(new URL('../../resources/guests/tiny/tiny.Image', import.meta.url));
const JIT = native.hostInfo().jit.available;
const PERF = '/usr/bin/perf';
const PATIENCE = { timeout: 60_000 };
/** The tiny guest's first instruction: the kernel is loaded here. */
const ENTRY = '0x40200000';

/** A guest that switches itself off, with what the emulator did on stderr. */
async function traced(...options: readonly string[]): Promise<string[]> {
  const run = new CliProcess(['run', '--kernel', TINY_IMAGE, '--memory', '64M', '--engine', 'emulator', ...options]);
  await run.waitFor('tiny> ');
  run.type('off\n');
  const { status, stderr } = await run.done;
  expect(status, stderr).toBe(0);
  return stderr.split('\n').slice(0, -1);
}

const HEAD = String.raw`^\[ +\d+\.\d{9}\] vCPU \d+ +`;
const BLOCKS = String.raw`block(s|) .*(decoded: physical 0x\w+, \d+ instructions|translated: \d+ instructions, \d+ bytes|dropped: .*)$`;
const EXITS = String.raw`(exit 0x\w+ [a-z ]+|(exception|interrupt) at 0x\w+ .*to 0x\w+)$`;
const TLB = String.raw`(miss (read|write|fetch) 0x\w+ physical 0x\w+|fault .*|invalidate .* ASID 0x\w+)$`;
const LOST = String.raw`^\(\d+ events? (was|were) lost\)$`;

test('run --trace shows what the emulator does, each line of a kind that was asked for', async () => {
  const lines = await traced('--trace', 'blocks,exits,tlb');
  for (const line of lines) expect(line).toMatch(new RegExp(`${HEAD}(${BLOCKS}|${EXITS}|${TLB})|${LOST}`));
  const has = (kind: string) => lines.some((line) => new RegExp(HEAD + kind).test(line));
  expect([BLOCKS, EXITS, TLB].map(has)).toEqual([true, true, true]);
  expect(lines[0]).toMatch(new RegExp(`${HEAD}miss fetch ${ENTRY} physical ${ENTRY}$`));
  expect(lines[1]).toMatch(new RegExp(`${HEAD}block ${ENTRY} decoded: physical ${ENTRY}, \\d+ instructions$`));

  const blocks = await traced('--trace', 'blocks');
  for (const line of blocks) expect(line).toMatch(new RegExp(`${HEAD}${BLOCKS}|${LOST}`));
});

test('without --trace nothing is shown', async () => {
  expect(await traced()).toEqual([]);
});

test.runIf(JIT)('a block is shown in all its stages', async () => {
  const translated = (await traced('--jit', 'on', '--trace', 'blocks')).find((line) => line.includes(' translated: '));
  const address = /block (0x\w+)/.exec(translated ?? '')?.[1] ?? '';
  const [first = '', ...stages] = await traced('--jit', 'on', '--trace', `dump=${address}`);
  expect(first).toMatch(new RegExp(`${HEAD}block ${address} \\[el1\\]: \\d+ instructions, \\d+ bytes of host code$`));
  const titles = stages.filter((line) => /^ \S/.test(line)).map((line) => line.trim());
  expect(titles).toEqual(['discovered', 'decoded', 'registers', 'host code']);
  expect(stages[1]).toMatch(new RegExp(`^ {2}${address} {2}[0-9a-f]{8} {2}[a-z]`));
});

test('a trace that is none is refused with what there is', async () => {
  const refused = await runCli('run', '--kernel', TINY_IMAGE, '--trace', 'everything');
  expect(refused.status).toBe(2);
  expect(refused.stderr).toContain('blocks, exits, tlb, dump=ADDRESS');
});

test('the trace of a running VM is followed, and ends when nobody looks', async () => {
  const { home } = await startServe();
  await runCliIn(home, 'create', 'tiny', '--kernel', TINY_IMAGE, '--memory', '64M', '--engine', 'emulator');
  await runCliIn(home, 'start', 'tiny');
  const following = new CliProcess(['trace', 'tiny', '--engine', 'exits'], { DORMOUSE_HOME: home });
  await following.waitForMatch(/\n.*\n/);
  expect(following.stdout.split('\n')[0]).toMatch(new RegExp(`${HEAD}${EXITS}|${LOST}`));
  following.child.kill('SIGINT');
  expect((await following.done).status).toBe(0);
  const json = new CliProcess(['trace', 'tiny', '--engine', 'exits', '--json'], { DORMOUSE_HOME: home });
  await json.waitForMatch(/\n/);
  expect(JSON.parse(json.stdout.split('\n')[0] ?? '')).toMatchObject({ vcpu: 0, text: expect.any(String) as string });
  await runCliIn(home, 'stop', 'tiny');
  expect((await json.done).status).toBe(0);
});

test('a guest that does as much as it can makes a bounded trace', async () => {
  const config = { engine: 'emulator', cpus: 1, memoryBytes: 64 * 2 ** 20, kernel: TINY_IMAGE } as const;
  let console_ = '';
  const machine = createMachine(config, (event) => {
    if (event.kind === 'console') console_ += new TextDecoder().decode(event.data);
  });
  onTestFinished(() => machine.close());
  machine.traceEngine(['blocks', 'exits', 'tlb']);
  machine.start();
  await vi.waitUntil(() => console_.includes('tiny> '), PATIENCE);
  machine.consoleWrite(new TextEncoder().encode('latency 20000\n')); // an interrupt and an exception return each
  await vi.waitUntil(() => (machine.engineTrace().at(-1)?.sequence ?? 0n) > 20_000n, PATIENCE);
  const lines = machine.engineTrace();
  expect(lines.length).toBeLessThanOrEqual(8192);
  expect(lines.length).toBeGreaterThan(100);
  machine.traceEngine([]);
  for (const kinds of [['nothing'], ['exits', 'exits'], 'exits', [1]])
    expect(() => {
      machine.traceEngine(kinds as string[]);
    }).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
});

/** A guest that is busy until its machine is closed, and the file that is for perf. */
async function startWithPerfMap(): Promise<string> {
  const config = { engine: 'emulator', cpus: 1, memoryBytes: 64 * 2 ** 20, kernel: TINY_IMAGE, jit: 'on' } as const;
  const map = `/tmp/perf-${process.pid}.map`;
  onTestFinished(() => rm(map, { force: true }));
  let text = '';
  const machine = createMachine({ ...config, perfMap: true }, (event) => {
    if (event.kind === 'console') text += new TextDecoder().decode(event.data);
  });
  onTestFinished(() => machine.close());
  machine.start();
  await vi.waitUntil(() => text.includes('tiny> '), PATIENCE);
  machine.consoleWrite(new TextEncoder().encode('race 36000000\n'));
  return map;
}

const BLOCK = /guest:0x402[0-9a-f]+ \[el1\]/;

test.runIf(JIT)('every translated block is in the map for perf', async () => {
  const map = await startWithPerfMap();
  const entries = async () => (await readFile(map, 'utf8')).split('\n').slice(0, -1);
  await vi.waitUntil(async () => (await entries()).length > 20, PATIENCE);
  const now = await entries();
  for (const entry of now) expect(entry).toMatch(/^[0-9a-f]+ [0-9a-f]+ guest:(shared code|0x[0-9a-f]+ \[el[01]\])$/);
  expect(now.some((entry) => BLOCK.test(entry))).toBe(true);
});

test.runIf(JIT && existsSync(PERF))('perf names guest blocks in its report', async ({ skip }) => {
  await startWithPerfMap();
  const data = path.join(temporaryFolder(), 'perf.data');
  const run = promisify(execFile);
  const record = ['record', '-q', '-e', 'cpu-clock', '-o', data, '-p', String(process.pid), '--', 'sleep', '1'];
  await run(PERF, record).catch((error: Error) => skip(`This host lets nobody sample: ${error.message}`));
  const { stdout } = await run(PERF, ['report', '-i', data, '--stdio', '--sort', 'symbol']);
  expect(stdout).toMatch(BLOCK);
});
