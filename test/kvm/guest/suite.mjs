// One suite in a process of its own:  node suite.mjs FILE NAME ONLY   (both as JSON). Says what happens line by line.
import { pathToFileURL } from 'node:url';
import { runCollected } from './vitest.mjs';

const [file = '', name = '""', only = '[]'] = process.argv.slice(2);
const say = (/** @type {Record<string, unknown>} */ rig) => process.stdout.write(`${JSON.stringify({ rig })}\n`);

process.on('unhandledRejection', (error) => {
  throw error;
});
await import(pathToFileURL(file).href);
await runCollected(say, JSON.parse(name), JSON.parse(only));
say({ kind: 'complete' });
// A machine that a test forgot must not hold up the rig.
process.exit(0);
