// A stamp is the hash of everything that went into a result. While it still holds, the work need not be done again.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/**
 * Hash of the names and contents of files; a folder stands for every file below it.
 * Time stamps do not count: a checkout touches files without changing them.
 * @param {string} root folder the names are relative to
 * @param {readonly string[]} inputs paths relative to root
 * @param {readonly string[]} facts further strings the result depends on (versions, options)
 */
export function hashInputs(root, inputs, facts = []) {
  const hash = createHash('sha256');
  for (const fact of facts) hash.update(`fact ${fact}\0`);
  for (const file of inputs.flatMap((input) => listFiles(join(root, input)))) {
    hash.update(`file ${relative(root, file).split(sep).join('/')}\0`);
    hash.update(createHash('sha256').update(readFileSync(file)).digest());
  }
  return hash.digest('hex');
}

/** @param {string} path @returns {string[]} sorted, so that the order of a directory does not count */
function listFiles(path) {
  let entries;
  try {
    entries = readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOTDIR') return [path];
    throw error;
  }
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? listFiles(join(path, entry.name)) : [join(path, entry.name)]));
}

/** @param {string} file @param {string} hash */
export function stampHolds(file, hash) {
  try {
    return readFileSync(file, 'utf8') === hash;
  } catch {
    return false; // Never written, or unreadable: then it proves nothing.
  }
}

/** @param {string} file @param {string} hash */
export function writeStamp(file, hash) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, hash);
  renameSync(`${file}.new`, file);
}
