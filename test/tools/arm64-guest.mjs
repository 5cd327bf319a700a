// A stock Debian kernel on the addon of build/aarch64 under the JIT: Node, addon and the code that it makes are arm64 and
// run under qemu-user.
import { join } from 'node:path';
import { debianGuest } from '../helpers/debian.ts';
import { complaintsIn } from '../helpers/kernel-log.ts';
import { arm64Node } from '../kvm/rig/base.ts';
import { AARCH64_FOLDER } from './aarch64.mjs';
import { ROOT } from './project.mjs';
import { execute, lastLines } from './steps/runner.mjs';

const KERNEL = '6.12-cloud';
const CPUS = '2';
const COMMAND_LINE = 'console=ttyAMA0 dormouse.do=hotplug,selftest,poweroff';
const EXPECTED = ['GUEST-READY', 'HOTPLUG-OK 2 online', 'SELFTEST-OK', 'dormouse: powered-off'];

/**
 * @param {readonly string[]} launcher what runs arm64 programs
 * @returns {Promise<string[]>} findings; none when the guest was up, found itself sound and powered off
 */
export async function bootArm64Jit([command = '', ...options]) {
  const guest = await debianGuest(KERNEL);
  const node = await arm64Node();
  const addon = ['-E', `DORMOUSE_ADDON=${join(AARCH64_FOLDER, 'dormouse.node')}`];
  const script = [join(ROOT, 'test', 'tools', 'arm64-boot.mjs'), guest.kernel, guest.initrd, CPUS];
  const args = [...options, ...addon, node.path, ...script, COMMAND_LINE, 'on'];
  const { status, output } = await execute(command, args, { minutes: 15 });
  const missing = EXPECTED.filter((text) => !output.includes(text));
  const findings = [...missing.map((text) => `no "${text}"`), ...complaintsIn(output)];
  if (status === 0 && findings.length === 0) return [];
  return [`Debian ${KERNEL} under the JIT of arm64 hosts: ${findings.join('; ')}\n${lastLines(output, 40)}`];
}
