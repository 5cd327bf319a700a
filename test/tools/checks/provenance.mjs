// Bytes that nobody can read have a line that says where they come from: name, origin and SHA-256, in PROVENANCE.md
// beside them or in a folder above.
import { createHash } from 'node:crypto';
import { dirname, relative } from 'node:path/posix';
import { filesLike } from '../project.mjs';

/** @param {import('../project.mjs').Project} project @returns {string[]} */
export function checkProvenance(project) {
  const fixtures = filesLike(project, /^test\/fixtures\//).filter((path) => !path.endsWith('.md'));
  const binaries = filesLike(project, /^resources\//).filter((path) => project.bytes(path).includes(0));
  return [...fixtures, ...binaries].flatMap((path) => {
    const record = findRecord(project, path);
    if (record === undefined) return [`${path}:1  no PROVENANCE.md here or above`];
    const line = project
      .text(record)
      .split('\n')
      .find((text) => text.includes(relative(dirname(record), path)));
    if (line === undefined) return [`${path}:1  is not named in ${record}`];
    const hash = createHash('sha256').update(project.bytes(path)).digest('hex');
    return project.text(record).includes(hash)
      ? []
      : [`${path}:1  its sha256 is ${hash}, which ${record} does not have`];
  });
}

/** @param {import('../project.mjs').Project} project @param {string} path */
function findRecord(project, path) {
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
    const record = `${folder}/PROVENANCE.md`;
    if (project.files.includes(record)) return record;
  }
  return undefined;
}
