// What must never reach the project: hosts of package registries, paths of one machine.
import { homedir } from 'node:os';
import { matchLines, ROOT } from '../project.mjs';

/**
 * @param {{ root: string, home: string }} machine
 * @returns {{ pattern: RegExp, why: string }[]}
 */
function forbidden({ root, home }) {
  const literal = (/** @type {string} */ text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return [
    { pattern: /:\/\/(registry|deb|security|ftp|archive|mirror)[.-]/i, why: 'the host of a package registry' },
    { pattern: /"resolved":\s*"/, why: 'the host of a package registry (npm: omit-lockfile-registry-resolved)' },
    { pattern: new RegExp(`(^|[^\\w.~-])${literal(root)}(/|\\b)`), why: 'the folder of this tree' },
    { pattern: new RegExp(`(^|[^\\w.~$}-])${literal(home)}/`), why: 'a home folder' },
    { pattern: /(^|[^\w.~$}-])\/(home|Users)\/[a-z]\w*\//, why: 'a home folder' },
    { pattern: /\.\.\/shared\//, why: 'a folder outside the project' },
  ];
}

/** @param {import('../project.mjs').Project} project @returns {string[]} */
export function checkWords(project, machine = { root: ROOT, home: homedir() }) {
  const rules = forbidden(machine);
  return project.files
    .filter((path) => !project.bytes(path).subarray(0, 8000).includes(0))
    .flatMap((path) =>
      rules.flatMap(({ pattern, why }) =>
        matchLines(project.text(path), pattern).map(
          ({ line, match }) => `${path}:${line}  "${match[0].trim()}" is ${why}`,
        ),
      ),
    );
}
