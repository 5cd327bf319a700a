import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { expect, onTestFinished, test, vi } from 'vitest';
import { describe as describeCompletion } from '../../../../src/cli/commands/completion.ts';
import { describe as describePolicy } from '../../../../src/cli/commands/policy.ts';
import { describe as describeRun } from '../../../../src/cli/commands/run.ts';
import { temporaryFolder } from '../../../helpers/temporary-folder.ts';

function completion(shell: string): string {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  onTestFinished(() => {
    log.mockRestore();
  });
  const program = new Command('dormouse');
  describePolicy(program);
  describeRun(program);
  describeCompletion(program);
  program.parse(['completion', shell], { from: 'user' });
  return log.mock.calls.flat().join('\n');
}

/** What a real bash offers for the last word of a line, in a folder with one file and with a `dormouse` that lists two VMs. */
function offered(line: string): string[] {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, 'Image'), '');
  mkdirSync(path.join(folder, 'bin'));
  writeFileSync(path.join(folder, 'bin', 'dormouse'), '#!/bin/sh\nprintf "deb\\nmy guest\\n"\n', { mode: 0o755 });
  const words = line.split(' ').map((word) => `'${word}'`);
  const script = [
    completion('bash'),
    `COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}`,
    '_dormouse',
    'printf "%s\\n" "${COMPREPLY[@]}"',
  ].join('\n');
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: `${path.join(folder, 'bin')}:${process.env['PATH'] ?? ''}` },
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((word) => word !== '');
}

test.each([
  ['dormouse ', ['policy', 'run', 'completion', '--help']],
  ['dormouse po', ['policy']],
  ['dormouse policy ', ['show', 'set', 'answer', '--help']],
  ['dormouse policy set d', ['deny', 'deb']],
  ['dormouse policy set deb SYSTEM_OFF a', ['allow', 'ask']],
  ['dormouse policy set m', ['my guest']],
  ['dormouse policy show --', ['--json', '--help']],
  ['dormouse run --engine ', ['auto', 'emulator', 'kvm']],
  ['dormouse run --kernel I', ['Image']],
  ['dormouse run --cpus ', []],
  ['dormouse run --no-r', ['--no-reboot']],
  ['dormouse completion ', ['bash', 'zsh', 'fish', '--help']],
])('bash offers for "%s" %j', (line, words) => {
  expect(offered(line)).toEqual(words);
});

test('fish gets words as words, options as options, and files where files are wanted', () => {
  const text = completion('fish');
  const answer = "'__fish_seen_subcommand_from policy; and __fish_seen_subcommand_from answer'";
  expect(text).toContain(`-n ${answer} -a 'allow deny'`);
  expect(text).toContain(`-n ${answer} -a '(dormouse list --names 2>/dev/null)'`);
  expect(text).toContain("-n '__fish_use_subcommand' -a policy -d ");
  expect(text).toContain("-n '__fish_seen_subcommand_from run' -l kernel -r -F -d ");
  expect(text).toContain("-n '__fish_seen_subcommand_from run' -l engine -x -a 'auto emulator kvm' -d ");
});
