import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { expect, test } from 'vitest';
import { build } from 'vite';
import { IGNORE_EVENTS } from '../../src/common/contract/vmhost-api.ts';
import { ChildProcessStarter } from '../../src/node/vmhost/child-process-starter.ts';
import { ROOT } from '../helpers/serve-process.ts';

// What Electron would start is bundled by the configuration that packaging uses. The runtime itself is not to be had
// everywhere, so the bundled VM host process is run under Node, and of the others it is checked that nothing is missing.
const configFile = path.join(ROOT, 'src', 'main', 'vite.config.ts');

/** Modules that a bundle still imports or requires, but for Node's own. */
function importsOf(file: string): string[] {
  const code = readFileSync(path.join(ROOT, 'dist', file), 'utf8');
  const found = [...code.matchAll(/^import\b[^;]*?["']([^"']+)["'];?$|\brequire\(["'`]([^"'`]+)["'`]\)/gm)];
  const names = new Set(found.map((match) => match[1] ?? match[2] ?? ''));
  return [...names].filter((name) => !isBuiltin(name)).sort();
}

test('the bundled VM host process loads the addon and answers', async () => {
  await build({ configFile, mode: 'vmhost', logLevel: 'error' });
  const starter = new ChildProcessStarter(path.join(ROOT, 'dist', 'vmhost', 'main.js'));
  const host = await starter.start(IGNORE_EVENTS, undefined);
  const exited = new Promise((resolve) => host.onExit(resolve));
  try {
    const info = await host.api.hostInfo();
    expect(info.engines.map((engine) => engine.name)).toContain('emulator');
  } finally {
    host.dispose();
    await exited;
  }
});

test('main and preload carry all they need but Electron', async () => {
  await build({ configFile, mode: 'main', logLevel: 'error' });
  await build({ configFile, mode: 'preload', logLevel: 'error' });
  // ws tries two native helpers and does without them.
  const optional = new Set(['bufferutil', 'utf-8-validate']);
  expect(importsOf('main/main.js').filter((name) => !optional.has(name))).toEqual(['electron']);
  expect(importsOf('preload/preload.cjs')).toEqual(['electron']);
});
