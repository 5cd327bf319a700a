// npm run demo: makes the tree ready, then a guest on this terminal: Debian's kernel with a busybox shell, or our own
// tiny guest when Debian's cannot be fetched.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { explain, ROOT, setUp } from './setup.mjs';

const KERNEL = '6.12-cloud';
const TINY_GUEST = join(ROOT, 'resources', 'guests', 'tiny', 'tiny.Image');

/** @param {string} node @returns {string[]} options of `dormouse run` that say what to boot */
function chooseGuest(node) {
  process.stderr.write(`demo   fetching Debian's ${KERNEL} kernel and busybox (once; they are kept in the cache)\n`);
  const fetch = spawnSync(node, [join(ROOT, 'src', 'node', 'images', 'fetch.ts'), KERNEL], { encoding: 'utf8' });
  if (fetch.status === 0) {
    const { initramfs, kernels } = JSON.parse(fetch.stdout);
    process.stderr.write(`demo   Debian kernel ${kernels[0].version}\n`);
    return ['--kernel', kernels[0].path, '--initrd', initramfs.path, '--append', 'console=ttyAMA0'];
  }
  const reason = fetch.stderr.trim() || fetch.error?.message || 'no reason given';
  process.stderr.write(
    `\ndemo   The Debian guest cannot be had now: ${reason}\n` +
      'demo   Instead, this is our own tiny guest: it prints what it sees and answers `help`.\n\n',
  );
  return ['--kernel', TINY_GUEST];
}

try {
  const node = await setUp('demo', { quiet: true });
  const guest = chooseGuest(node);
  process.stderr.write('demo   Ctrl-A x leaves, Ctrl-A h lists the other keys\n\n');
  const run = spawnSync(join(ROOT, 'dormouse'), ['run', ...guest, ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exitCode = run.status ?? 1;
} catch (error) {
  process.exitCode = explain(error);
}
