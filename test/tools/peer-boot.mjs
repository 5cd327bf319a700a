// Boots the guests under QEMU: shows that kernel and initramfs are sound before Dormouse is blamed for a failure.
//   node test/tools/peer-boot.mjs [KERNEL...]      (needs network once; not a part of `npm test`)
import { spawn } from 'node:child_process';
import { KERNELS } from '../../src/node/images/catalogue.ts';
import { fetchGuests } from '../../src/node/images/fetch.ts';
import { fetchQemuPeer } from '../../src/node/images/qemu.ts';

const EXPECTED = ['GUEST-READY', 'HOTPLUG-OK 2 online', 'SELFTEST-OK'];

/** @returns {Promise<{ status: number | null, log: string }>} */
function run(/** @type {string[]} */ [program, ...args]) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), 120_000);
    let log = '';
    child.stdout.on('data', (chunk) => (log += chunk));
    child.on('close', (status) => {
      clearTimeout(timer);
      resolve({ status, log });
    });
  });
}

const named = process.argv.slice(2);
const { initramfs, kernels } = await fetchGuests(named.length > 0 ? named : KERNELS.map((entry) => entry.id));
const qemu = await fetchQemuPeer();
console.log(`QEMU ${qemu.version}, busybox ${initramfs.version}`);
for (const kernel of kernels) {
  const start = performance.now();
  const board = [
    '-M',
    'virt,gic-version=3',
    '-cpu',
    'cortex-a72',
    '-smp',
    '2',
    '-m',
    '512',
    '-nographic',
    '-no-reboot',
  ];
  const append = 'console=ttyAMA0 dormouse.do=hotplug,selftest,poweroff';
  const files = ['-kernel', kernel.path, '-initrd', initramfs.path, '-append', append];
  const { status, log } = await run([...qemu.command, ...board, ...files]);
  const missing = EXPECTED.filter((text) => !log.includes(text));
  const isGood = status === 0 && missing.length === 0;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(
    `${isGood ? 'ok  ' : 'FAIL'} ${kernel.id} (${kernel.version}) ${seconds} s${isGood ? '' : ` missing: ${missing}`}`,
  );
  if (!isGood) {
    console.log(log.split('\n').slice(-20).join('\n'));
    process.exitCode = 1;
  }
}
