import { copyFileSync, readFileSync, statSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import type { VmSummary } from '../../src/common/contract/app-api.ts';
import type { Preflight } from '../../src/common/contract/machine-types.ts';
import { runCli, runCliIn, summaryOf } from '../helpers/cli.ts';
import { debianGuest } from '../helpers/debian.ts';
import { startServe } from '../helpers/serve-process.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const PATIENCE = { timeout: 180_000, interval: 200 };

test('a Debian kernel under load is saved and ended, and goes on in another process as if nothing had been', async () => {
  const { home } = await startServe();
  const file = path.join(temporaryFolder(), 'deb.state');
  const guest = await debianGuest('6.12-cloud');
  const dormouse = (...args: readonly string[]) => runCliIn(home, ...args);
  const vm = async () => (JSON.parse((await dormouse('list', '--json')).stdout) as VmSummary[])[0];
  const actions = 'dormouse.do=selftest,selftest,selftest,poweroff';
  const files = ['--kernel', guest.kernel, '--initrd', guest.initrd];
  await dormouse(
    'create',
    'deb',
    ...files,
    '--cpus',
    '2',
    '--memory',
    '256M',
    '--append',
    `console=ttyAMA0 ${actions}`,
  );
  const log = () => readFileSync(path.join(home, 'vms', id, 'console.log'), 'utf8');
  const id = (await vm())?.id ?? '';
  await dormouse('start', 'deb');
  await vi.waitFor(() => expect(log()).toContain('SELFTEST-OK'), PATIENCE); // the next one has begun
  expect(await dormouse('save', 'deb', file)).toMatchObject({ status: 0, stderr: '' });
  expect(await vm()).toMatchObject({ state: 'saved', message: `Saved to ${file}` });
  const before = log().split('SELFTEST-OK').length - 1;

  const { status, stdout } = await dormouse('preflight', 'deb', '--json');
  expect({ status, preflight: JSON.parse(stdout) as Preflight }).toMatchObject({
    status: 0,
    preflight: { saved: { cpus: 2, psciVersion: '1.3' }, findings: [] },
  });

  // A copy that was cut is refused, and the VM stays what it is.
  const cut = `${file}.cut`;
  copyFileSync(file, cut);
  truncateSync(cut, statSync(cut).size - 1000);
  const refused = await dormouse('restore', 'deb', cut);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain('it was cut, or copied while it was written');
  await vi.waitFor(async () => expect((await vm())?.state).toBe('saved'), PATIENCE);

  expect((await dormouse('restore', 'deb')).status).toBe(0);
  await vi.waitFor(async () => expect((await vm())?.state).toBe('off'), PATIENCE);
  expect((await vm())?.message).toBe('The guest switched itself off');
  const after = log();
  expect(after).not.toContain('FAIL');
  expect(after).not.toMatch(/Booting Linux|rcu: INFO|BUG|Call trace/);
  expect(before + after.split('SELFTEST-OK').length - 1).toBe(3);
});

test('preflight says by name what is in the way, and ends with status 1', async () => {
  const { home } = await startServe();
  const file = path.join(temporaryFolder(), 'deb.state');
  const guest = await debianGuest('6.12-cloud');
  const dormouse = (...args: readonly string[]) => runCliIn(home, ...args);
  const files = ['--kernel', guest.kernel, '--initrd', guest.initrd, '--append', 'console=ttyAMA0 dormouse.do=idle'];
  await dormouse('create', 'one', ...files, '--memory', '256M');
  await dormouse('create', 'two', ...files, '--memory', '512M', '--psci', '1.0', '--no-sdei');
  await dormouse('start', 'one');
  expect(await dormouse('save', 'one', file, '--running')).toMatchObject({ status: 0 });
  expect((await dormouse('list')).stdout).toMatch(/one +running/);
  expect((await dormouse('preflight', 'two')).stderr).toContain('"two" was not ended by "save": name the file');
  const asked = await dormouse('preflight', 'two', file);
  expect(asked.status).toBe(1);
  expect(asked.stdout).toContain('refused      memoryBytes is 268435456, this machine has 536870912');
  expect(asked.stdout).toContain('refused      PSCI_VERSION is 1.3, this machine has 1.0');
  expect(asked.stdout).toContain('refused      sdei is true, this machine has none');
  expect(asked.stdout).toContain('It cannot be restored: 3 refused.');
});

test('a Debian kernel is content with the portable profile, and sees nothing else', async () => {
  const { kernel, initrd } = await debianGuest('6.12-cloud');
  const files = ['--kernel', kernel, '--initrd', initrd, '--cpus', '2', '--memory', '256M'];
  const append = ['--append', 'console=ttyAMA0 dormouse.do=selftest,poweroff'];
  const result = await runCli('run', ...files, ...append, '--cpu-profile', 'portable-v1', '--json', '--timeout', '300');
  expect(summaryOf(result)).toMatchObject({ outcome: 'powered-off', status: 0 });
  expect(result.stdout).toContain('SELFTEST-OK');
  expect(result.stdout).toContain('detected: CRC32 instructions');
  expect(result.stdout).not.toMatch(/detected: (LSE atomic|Privileged Access Never|E0PD|RCPC)/);
});
