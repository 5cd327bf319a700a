// KVM on a host whose kernel keeps the guest's firmware calls to itself: what works, and what is refused with its reason.
import { afterEach, expect, test } from 'vitest';
import { createMachine, hostInfo, type MachineConfig, type PsciVersion } from '../../binding/index.js';
import { tinyConfig, TinyMachine } from '../contract/addon/tiny-machine.ts';
import { runCli, summaryOf } from '../helpers/cli.ts';
import { bootTrace } from './boot-trace.ts';

const WITHOUT_SDEI = { engine: 'kvm', cpus: 2, sdei: false } as const;
const machines: TinyMachine[] = [];

async function started(changes: Partial<MachineConfig>): Promise<TinyMachine> {
  const tiny = await TinyMachine.started({ ...WITHOUT_SDEI, ...changes });
  machines.push(tiny);
  return tiny;
}

afterEach(async () => {
  await Promise.all(machines.splice(0).map((tiny) => tiny.machine.close()));
});

function refusal(changes: Partial<MachineConfig>): { code: string; message: string } {
  try {
    createMachine(tinyConfig({ ...WITHOUT_SDEI, ...changes }), () => undefined);
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('Nothing was refused');
}

test('the engine works, and says beforehand what it will refuse', () => {
  const kvm = hostInfo().engines.find((engine) => engine.name === 'kvm');
  expect(kvm).toMatchObject({ available: true, reason: '' });
  const refused = kvm?.refusals.map(({ setting, value }) => `${setting} ${value}`);
  // Its ID registers cannot be chosen, so no profile but its own can be presented.
  const profiles = ['cpuProfile dormouse-v1', 'cpuProfile portable-v1'];
  expect(refused).toEqual(['sdei true', 'psciVersion 1.2', 'psciVersion 1.3', ...profiles]);
});

test.each([
  ['everything', [], 'emulator', /^Emulated, because KVM cannot run this VM here: sdei is on: .*Linux 6\.4/],
  ['no SDEI', ['--no-sdei'], 'emulator', /^Emulated, because KVM cannot run this VM here: psciVersion is 1\.3/],
  ['what the kernel has', ['--no-sdei', '--psci', '1.1'], 'kvm', /^KVM works on this computer$/],
] as const)('auto, asked for %s, takes an engine that can', async (_, options, engine, reason) => {
  const { kernel } = tinyConfig();
  const result = await runCli('run', '--kernel', kernel, ...options, '--timeout', '1', '--json');
  const summary = summaryOf(result);
  expect(summary).toMatchObject({ outcome: 'timeout', engine });
  expect(summary.engineReason).toMatch(reason);
});

test('SDEI is refused with the reason and the way out', () => {
  const { code, message } = refusal({ psciVersion: '1.1', sdei: true });
  expect(code).toBe('Unsupported');
  expect(message).toMatch(/^sdei is on: .*Linux 6\.4.*switch it off, or choose the emulator/);
});

test.each(['1.2', '1.3'] as const)('PSCI %s is refused: the kernel does not have it', (psciVersion) => {
  const { code, message } = refusal({ psciVersion });
  expect(code).toBe('Unsupported');
  expect(message).toContain(`psciVersion is ${psciVersion}: the firmware in this host's kernel goes up to 1.1`);
});

test.each([
  ['0.2', '0x2'],
  ['1.0', '0x10000'],
  ['1.1', '0x10001'],
] as [PsciVersion, string][])('PSCI %s is what the guest finds, and its CPUs start', async (version, found) => {
  const tiny = await started({ psciVersion: version });
  expect(tiny.machine.stats().psciVersion).toBe(version);
  expect(await tiny.command('call 0x84000000 0 0')).toMatch(new RegExp(`${found}\\b`));
  expect(await tiny.command('smp')).toContain('smp: 2 of 2 CPUs online');
});

test('the CPUs of a guest of PSCI 0.1 start by the id that the device tree has for CPU_ON', async () => {
  const tiny = await started({ psciVersion: '0.1' });
  expect(tiny.console).toContain('PSCI: version 0.1 by HVC (arm,psci)');
  expect(await tiny.command('smp')).toContain('smp: 2 of 2 CPUs online');
});

test('a second CPU that the guest leaves off is not taken for lost', async () => {
  const tiny = await started({ psciVersion: '1.1' });
  // The host looks at each vCPU once a second of guest time, and takes one for lost at the second look.
  await tiny.command('sleep 4000');
  expect(tiny.machine.stats().state).toBe('running');
  expect(await tiny.command('smp')).toContain('smp: 2 of 2 CPUs online');
});

test.each(['0.2', '1.0', '1.1'] as const)('a guest of PSCI %s resets and powers off', async (psciVersion) => {
  const tiny = await started({ psciVersion });
  const from = tiny.console.length;
  tiny.type('reset\n');
  await tiny.shows('tiny> ', from + 'reset\r\n'.length);
  expect(tiny.machine.stats()).toMatchObject({ resets: 1, lastReset: { kind: 'cold' } });
  tiny.type('off\n');
  expect(await tiny.ended).toMatchObject({ outcome: 'powered-off' });
});

test('SYSTEM_RESET2 is known from SYSTEM_RESET', async () => {
  const tiny = await started({ psciVersion: '1.1' });
  const from = tiny.console.length;
  const line = 'call 0xc4000012 0 0';
  tiny.type(`${line}\n`);
  await tiny.shows('tiny> ', from + line.length + 2);
  expect(tiny.machine.stats()).toMatchObject({ resets: 1, lastReset: { kind: 'warm' } });
});

test('a stock kernel boots, turns its second CPU off and on, and powers off', async () => {
  const { outcome } = await bootTrace('kvm', '6.12-cloud', { psciVersion: '1.1', sdei: false });
  expect(outcome).toBe('powered-off');
});
