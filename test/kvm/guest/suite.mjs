// One suite in a process of its own:  node suite.mjs FILE NAME ONLY   (both as JSON). Says what happens line by line.
// DORMOUSE_CELLS_TO names a file to write the cells of the conformance scripts to, DORMOUSE_CELLS_FROM one with those of
// another engine, to compare with.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { differences, RECORDED } from '../../helpers/cells.ts';
import { runCollected } from './vitest.mjs';

const [file = '', name = '""', only = '[]'] = process.argv.slice(2);
const say = (/** @type {Record<string, unknown>} */ rig) => process.stdout.write(`${JSON.stringify({ rig })}\n`);

process.on('unhandledRejection', (error) => {
  throw error;
});
await import(pathToFileURL(resolve(file)).href);
await runCollected(say, JSON.parse(name), JSON.parse(only));
const { DORMOUSE_CELLS_TO: to, DORMOUSE_CELLS_FROM: from } = process.env;
if (to) writeFileSync(to, JSON.stringify(RECORDED));
if (from && RECORDED.length > 0) {
  const found = differences(JSON.parse(readFileSync(from, 'utf8')), RECORDED);
  const cells = RECORDED.flatMap((script) => script.cells);
  const ofKvm = cells.filter(({ isOfKvm }) => isOfKvm).length;
  const message = `${found.length} differ\n${found.slice(0, 30).join('\n')}`;
  const rest = ofKvm > 0 ? `; ${ofKvm} more are of calls that KVM keeps for itself` : '';
  const name = `${cells.length - ofKvm} cells are the same as on the emulator${rest}`;
  say({ kind: 'test', name, status: found.length === 0 ? 'passed' : 'failed', seconds: 0, message });
}
say({ kind: 'complete' });
// A machine that a test forgot must not hold up the rig.
process.exit(0);
