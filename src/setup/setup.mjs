// Makes a fresh clone ready. Runs under Node 20, with nothing installed.
//   node src/setup/setup.mjs [--for demo|test|bench] [--quiet]
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';
import { ensureAddon } from './native.mjs';
import { ensureNpmPackages, projectNode } from './npm.mjs';
import { PURPOSES } from './packages.mjs';
import { ensurePage } from './page.mjs';
import { Reporter, SetupError } from './report.mjs';
import { ensureSystemPackages } from './system.mjs';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * @param {keyof typeof PURPOSES} purpose
 * @param {{ quiet?: boolean, addon?: boolean }} options quiet: say only what is done, not what was in order already;
 *   addon: false leaves the build to the caller
 * @returns {Promise<string>} path of the Node to go on with
 */
export async function setUp(purpose, { quiet = false, addon = true } = {}) {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) {
    throw new SetupError(`Node ${process.versions.node} is too old`, 'Install Node 20 or newer, then run this again.');
  }
  const reporter = new Reporter({ quiet });
  return withLock(
    join(ROOT, '.cache', 'setup.lock'),
    (text) => reporter.line('lock', text),
    async () => {
      await ensureSystemPackages(reporter, purpose);
      await ensureNpmPackages(reporter, ROOT);
      const node = projectNode(ROOT);
      if (addon) await ensureAddon(reporter, ROOT);
      await ensurePage(reporter, ROOT, node);
      return node;
    },
  );
}

/** Prints an error of the setup the way a user can act on, and gives the exit status. @param {unknown} error */
export function explain(error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`\nsetup failed: ${error.message}\n\nWhat to do: ${error.next}\n`);
  return 1;
}

/** @param {readonly string[]} args */
function parseArguments(args) {
  let purpose = 'demo';
  let quiet = false;
  for (let i = 0; i < args.length; ++i) {
    if (args[i] === '--quiet') quiet = true;
    else if (args[i] === '--for') purpose = args[++i] ?? '';
    else throw new SetupError(`Unknown option ${args[i]}`, 'Usage: setup.mjs [--for demo|test|bench] [--quiet]');
  }
  if (!Object.hasOwn(PURPOSES, purpose)) {
    throw new SetupError(
      `--for must be one of ${Object.keys(PURPOSES).join(', ')}, not "${purpose}"`,
      'Mend the call.',
    );
  }
  return { purpose: /** @type {keyof typeof PURPOSES} */ (purpose), quiet };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const { purpose, quiet } = parseArguments(process.argv.slice(2));
    await setUp(purpose, { quiet });
  } catch (error) {
    process.exitCode = explain(error);
  }
}
