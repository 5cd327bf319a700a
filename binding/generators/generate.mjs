// Writes binding/generated/ from the tables. `--check`: writes nothing, fails when a file is not what it should be.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { generateA64 } from './a64/generate.mjs';
import { TableError } from './a64/table.mjs';

const binding = join(dirname(fileURLToPath(import.meta.url)), '..');

function current(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function main(args) {
  const unknown = args.find((argument) => !/^(--check|--tables=.+|--output=.+)$/.test(argument));
  if (unknown !== undefined) {
    console.error(`generate: unknown option ${unknown}; usage: generate.mjs [--check] [--tables=DIR] [--output=DIR]`);
    return 2;
  }
  const folder = (option, standard) =>
    args.find((argument) => argument.startsWith(`--${option}=`))?.slice(option.length + 3) ?? join(binding, standard);
  const check = args.includes('--check');
  const output = folder('output', 'generated');
  const files = generateA64(folder('tables', 'engine/emulator/isa/tables'));
  const stale = Object.entries(files).filter(([name, text]) => current(join(output, name)) !== text);
  if (check) {
    for (const [name] of stale) console.error(`generate: binding/generated/${name} is stale: run npm run generate`);
    return stale.length > 0 ? 1 : 0;
  }
  mkdirSync(output, { recursive: true });
  for (const [name, text] of stale) writeFileSync(join(output, name), text);
  console.log(`generate: ${stale.length} of ${Object.keys(files).length} files changed`);
  return 0;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof TableError)) throw error;
  console.error(`generate: ${error.message}`);
  process.exitCode = 1;
}
