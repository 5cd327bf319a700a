// Linux takes SDEI events: its own driver probes, a module registers handlers through it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { createMachine, type Machine, type SdeiInjection } from '../../binding/index.js';
import { runCli } from '../helpers/cli.ts';
import { debianGuest } from '../helpers/debian.ts';
import { TEST_ENGINE } from '../helpers/engine.ts';
import { sdeiGuest } from '../helpers/sdei-client.ts';

const NORMAL = 0x4000_0001;
const CRITICAL = 0x4080_0000;
const PATIENCE = { timeout: 120_000, interval: 20 };

// Each event waits for its injection while a CPU spins with interrupts masked; then one CPU signals the other.
const SCRIPT = `#!/bin/sh
/bin/busybox --install -s
export PATH=/bin:/sbin:/usr/bin:/usr/sbin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
echo 8 >/proc/sys/kernel/printk
for event in ${NORMAL} ${CRITICAL}; do
    insmod /sdei_client.ko event=$event mode=spin
    rmmod sdei_client
done
insmod /sdei_client.ko event=0 mode=signal
rmmod sdei_client
insmod /sdei_client.ko event=0 mode=wait
echo 0 >/sys/devices/system/cpu/cpu1/online
echo CPU1-GONE
read -t 100 line
echo 1 >/sys/devices/system/cpu/cpu1/online
echo CPU1-BACK
read -t 100 line
rmmod sdei_client
poweroff -f
`;

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
});

test.each(['6.1', '6.12', '7.2'])('Debian %s finds SDEI 1.1', async (id) => {
  const guest = await debianGuest(id);
  const files = ['--kernel', guest.kernel, '--initrd', guest.initrd];
  const append = 'console=ttyAMA0 dormouse.do=poweroff';
  const { status, stdout } = await runCli('run', ...files, '--append', append, '--cpus', '2', '--timeout', '280');
  expect(stdout).toMatch(/sdei: SDEIv1\.1 \(0x444f524d\) detected in firmware/);
  expect(status).toBe(0);
});

test.each(['6.1', '6.12', '7.2'])(
  'in %s an event interrupts code that masks interrupts and gives its stack',
  async (id) => {
    const folder = await mkdtemp(join(tmpdir(), 'dormouse-sdei-'));
    folders.push(folder);
    const guest = await sdeiGuest(id, SCRIPT);
    const initrd = join(folder, 'initrd.cpio');
    await writeFile(initrd, guest.initrd);
    let text = '';
    let outcome = '';
    const machine: Machine = createMachine(
      {
        engine: TEST_ENGINE,
        cpus: 2,
        memoryBytes: 512 << 20,
        kernel: guest.kernel,
        initrd,
        commandLine: 'console=ttyAMA0',
        sdeiEvents: [NORMAL, CRITICAL],
      },
      (event) => {
        if (event.kind === 'console') text += Buffer.from(event.data).toString('latin1');
        if (event.kind === 'ended') outcome = event.outcome;
      },
    );
    machine.start();
    // The guest's next lines that match, as one string; what stood before them is forgotten.
    const heard = async (pattern: RegExp): Promise<string> => {
      const match = await vi.waitUntil(() => pattern.exec(text), PATIENCE);
      text = text.slice(match.index + match[0].length);
      return match[0];
    };
    const reasons = (injections: readonly SdeiInjection[]) =>
      injections.map(({ vcpu, outcome: fate, reason }) => `${vcpu} ${fate} ${reason}`.trim());

    for (const event of [NORMAL, CRITICAL]) {
      await heard(/SDEI-SPINNING/);
      // The module sleeps a little before it masks interrupts: a guest that no longer goes idle has begun to spin.
      await vi.waitUntil(async () => {
        const before = machine.stats();
        await new Promise((resolve) => setTimeout(resolve, 300));
        const after = machine.stats();
        return after.vcpus[0]!.instructionsRetired - before.vcpus[0]!.instructionsRetired > 3_000_000;
      }, PATIENCE);
      expect(reasons(await machine.injectSdei(event, 0))).toEqual(['0 delivered']);
      const report = await heard(/SDEI-EVENT[^]*?SDEI-SPUN -?\d+/);
      expect(report).toContain(`SDEI-EVENT 0x${event.toString(16)} on CPU 0, interrupts were masked`);
      expect(report).toMatch(/Call trace:[^]*spin_with_interrupts_masked\+/);
      expect(report).toMatch(/SDEI-SPUN 0$/);
      await heard(/SDEI-GONE 0 0 after [1-9]/);
    }
    const signalled = await heard(/SDEI-EVENT[^]*?SDEI-SPUN -?\d+/);
    expect(signalled).toMatch(/SDEI-EVENT 0x0 on CPU 0, interrupts were masked/);
    expect(signalled).toMatch(/Call trace:[^]*spin_with_interrupts_masked\+/);
    expect(signalled).toMatch(/SDEI-LATENCY \d+ ns[^]*SDEI-SPUN 0$/);

    await heard(/CPU1-GONE/);
    expect(reasons(await machine.injectSdei(0, 'all'))).toEqual(['0 delivered', '1 refused vCPU off']);
    await heard(/SDEI-EVENT 0x0 on CPU 0/);
    machine.consoleWrite(Buffer.from('on\n'));
    await heard(/CPU1-BACK/);
    expect(reasons(await machine.injectSdei(0, 1))).toEqual(['1 delivered']);
    await heard(/SDEI-EVENT 0x0 on CPU 1/);
    const traced = machine.firmwareTrace().map((call) => `${call.functionName} ${call.resultName}`);
    expect(traced).toContain('SDEI_EVENT_REGISTER SUCCESS');
    machine.consoleWrite(Buffer.from('done\n'));
    await vi.waitUntil(() => outcome !== '', PATIENCE);
    expect(outcome).toBe('powered-off');
    await machine.close();
  },
);
