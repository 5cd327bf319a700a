import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { fetchQemuPeer } from '../../src/node/images/qemu.ts';
import { debianGuest } from '../helpers/debian.ts';
import { type DeviceTree, readDeviceTree } from '../helpers/device-tree.ts';
import { LinuxMachine } from '../helpers/linux-machine.ts';

// Our device tree beside the one of QEMU's board of the same name: whatever differs has its reason here.

const CPUS = 4;

/** What only QEMU's tree has. */
const MISSING: readonly (readonly [RegExp, string])[] = [
  [/^\/(platform-bus|fw-cfg|flash|pcie)@\w+$/, 'a device that this board does not have'],
  [/^\/virtio_mmio@\w+$/, 'a slot for a device that this board does not have'],
  [/^\/intc@8000000\/its@8080000$/, 'message interrupts come with PCI'],
  [/^\/psci (cpu_on|cpu_off|cpu_suspend|migrate)$/, 'ignored from 0.2 on; our tree of 0.1 has what is served'],
  [
    /^\/cpus\/cpu@\d (([id]-)?cache-(size|sets|block-size)|next-level-cache)$/,
    'the engine decides what caches a CPU has, and the tree names none',
  ],
  [/^\/cpus\/cpu@\d\/l\d-cache/, 'the engine decides what caches a CPU has, and the tree names none'],
  [/^\/chosen rng-seed$/, 'Linux removes it once it is used'],
];
/** What only ours has. */
const MORE: readonly (readonly [RegExp, string])[] = [
  [/^\/firmware(\/sdei)?$/, 'SDEI, which QEMU does not have'],
  [/^\/chosen (bootargs|linux,initrd-(start|end))$/, 'QEMU was given no kernel'],
  [/^\/gpio-keys\/poweroff wakeup-source$/, 'the key ends SYSTEM_SUSPEND, which QEMU does not have'],
];
/** What both have with other contents. */
const OTHER: readonly (readonly [RegExp, string])[] = [
  [/^\/cpus\/cpu@\d compatible$/, 'another processor'],
  [/^\/psci compatible$/, '"arm,psci" would promise 0.1 too'],
  [/^\/chosen kaslr-seed$/, 'random, and Linux wipes it once it is used'],
];

async function ourTree(): Promise<DeviceTree> {
  const linux = new LinuxMachine(await debianGuest('6.12-cloud'), { cpus: CPUS });
  await linux.heard(/busybox shell/);
  linux.type('base64 /sys/firmware/fdt; echo tree-$((6*7))');
  const [text] = await linux.heard(/0A3[\s\S]*tree-42/);
  return readDeviceTree(Buffer.from(text.replace('tree-42', ''), 'base64'));
}

async function treeOfQemu(): Promise<DeviceTree> {
  const folder = await mkdtemp(join(tmpdir(), 'dormouse-tree-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const { command } = await fetchQemuPeer();
  const [program = '', ...args] = command;
  const file = join(folder, 'qemu.dtb');
  const machine = ['-M', `virt,gic-version=3,dumpdtb=${file}`, '-cpu', 'cortex-a57', '-smp', String(CPUS), '-m', '512'];
  await promisify(execFile)(program, [...args, ...machine, '-nodefaults', '-display', 'none', '-serial', 'null']);
  return readDeviceTree(await readFile(file));
}

/** Paths of nodes, and of properties in nodes that the other tree has too, that are in `tree` alone. */
function beyond(tree: DeviceTree, other: DeviceTree): string[] {
  return [...tree].flatMap(([path, properties]) => {
    const theirs = other.get(path);
    if (!theirs) return [path];
    return [...properties.keys()].filter((name) => !theirs.has(name)).map((name) => `${path} ${name}`);
  });
}

function unexplained(found: readonly string[], reasons: readonly (readonly [RegExp, string])[]): string[] {
  return found.filter((what) => !reasons.some(([pattern]) => pattern.test(what)));
}

test('our device tree differs from the one of QEMU where there is a reason, and nowhere else', async () => {
  const [ours, theirs] = await Promise.all([ourTree(), treeOfQemu()]);
  const different = [...ours].flatMap(([path, properties]) =>
    [...properties]
      .filter(([name, value]) => (theirs.get(path)?.get(name) ?? value) !== value)
      .map(([name]) => `${path} ${name}`),
  );
  expect(ours.size).toBeGreaterThan(20);
  expect(unexplained(beyond(theirs, ours), MISSING)).toEqual([]);
  expect(unexplained(beyond(ours, theirs), MORE)).toEqual([]);
  expect(unexplained(different, OTHER)).toEqual([]);
});
