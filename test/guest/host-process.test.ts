import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Manager } from '../../src/node/manager/manager.ts';
import { ChildProcessStarter } from '../../src/node/vmhost/child-process-starter.ts';
import { debianGuest } from '../helpers/debian.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

async function managerWith(...names: readonly string[]) {
  const guest = await debianGuest('6.12-cloud');
  const folder = temporaryFolder();
  const manager = new Manager(folder, new ChildProcessStarter());
  await manager.load();
  onTestFinished(() => manager.dispose());
  const ids: string[] = [];
  for (const name of names) {
    const vm = await manager.createVm({ name, ...pick(guest), commandLine: 'console=ttyAMA0' });
    ids.push(vm.id);
  }
  const find = async (id: string | undefined) => (await manager.listVms()).find((vm) => vm.id === id);
  const console = async (id: string) => new TextDecoder().decode((await manager.consoleSnapshot(id)).data);
  return { folder, manager, ids, find, console };
}

function pick(guest: { kernel: string; initrd: string }) {
  return { kernel: guest.kernel, initrd: guest.initrd };
}

/** Pids of our own children that are VM host processes (Linux). */
function hostProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const parent = /^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return Number(parent) === process.pid && command.includes(path.join('vmhost', 'main'));
      } catch {
        return false; // It ended while we looked.
      }
    })
    .map(Number);
}

/** What this process has open, by name; sockets and pipes by kind. */
function openFiles(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      const kind = readlinkSync(`/proc/self/fd/${fd}`).replace(/:\[\d+\]$/, '');
      counts[kind] = (counts[kind] ?? 0) + 1;
    } catch {
      // The descriptor of the listing itself.
    }
  }
  return counts;
}

test('two guests run at once; killing one host process leaves the manager and the other guest alone', async () => {
  const { manager, ids, find, console } = await managerWith('victim', 'bystander');
  const [victim = '', bystander = ''] = ids;
  await manager.startVm(victim);
  const [pid = 0] = hostProcesses();
  await manager.startVm(bystander);
  await vi.waitFor(async () => expect(await console(bystander)).toContain('busybox shell'), {
    timeout: 120_000,
    interval: 200,
  });

  process.kill(pid, 'SIGKILL');
  await vi.waitFor(async () => expect((await find(victim))?.state).toBe('crashed'), { timeout: 60_000 });
  expect((await find(victim))?.message).toContain('SIGKILL');
  expect(await console(victim)).toContain('Booting Linux');

  await manager.writeConsole(bystander, new TextEncoder().encode('echo alive-$((6*7))\n'));
  await vi.waitFor(async () => expect(await console(bystander)).toContain('alive-42'), { timeout: 120_000 });
  await manager.startVm(victim);
  expect((await find(victim))?.state).toBe('running');
});

test('a hundred starts and stops leave no process, descriptor or file behind', async () => {
  const { folder, manager, ids } = await managerWith('cycled');
  const [id = ''] = ids;
  const cycle = async () => {
    await manager.startVm(id);
    await manager.stopVm(id);
  };
  await cycle(); // The first run makes the log files and the runtime's own caches.
  const before = { files: readdirSync(path.join(folder, 'vms', id)).sort(), open: openFiles() };
  for (let i = 0; i < 100; i++) await cycle();
  await vi.waitFor(() => expect(hostProcesses()).toEqual([]), { timeout: 60_000 });
  expect({ files: readdirSync(path.join(folder, 'vms', id)).sort(), open: openFiles() }).toEqual(before);
});

test('a paused guest retires no instruction and goes on after resume', async () => {
  const { manager, ids, console, find } = await managerWith('paused');
  const [id = ''] = ids;
  await manager.startVm(id);
  await vi.waitFor(async () => expect(await console(id)).toContain('busybox shell'), {
    timeout: 120_000,
    interval: 200,
  });
  await manager.pauseVm(id);
  const before = await manager.statsVm(id);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect((await manager.statsVm(id)).instructionsRetired).toBe(before.instructionsRetired);
  await manager.resumeVm(id);
  expect((await find(id))?.state).toBe('running');
});
