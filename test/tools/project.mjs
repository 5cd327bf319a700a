// The tree as the checkers see it.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * What a checker is given, and all that it may look at.
 * @typedef {object} Project
 * @property {readonly string[]} files paths from the root, `/` between folders, sorted
 * @property {(path: string) => string} text contents as UTF-8
 * @property {(path: string) => Buffer} bytes
 * @property {(path: string) => boolean} exists whether a file or folder is there
 */

/** A finding is one line: `path:line  what is wrong`. @typedef {string} Finding */

/** Every file of the tree that git knows or would take. @returns {Project} */
export function openProject(root = ROOT) {
  const list = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], { cwd: root, maxBuffer: 1 << 26 });
  const files = [...new Set(list.toString('utf8').split('\0').filter(Boolean))]
    .filter((path) => existsSync(join(root, path)))
    .sort();
  const cache = new Map();
  const bytes = (/** @type {string} */ path) => {
    if (!cache.has(path)) cache.set(path, readFileSync(join(root, path)));
    return cache.get(path);
  };
  return { files, bytes, text: (path) => bytes(path).toString('utf8'), exists: (path) => existsSync(join(root, path)) };
}

/** A tree in memory, for the tests of the checkers. @param {Record<string, string>} contents @returns {Project} */
export function fakeProject(contents) {
  const files = Object.keys(contents).sort();
  const text = (/** @type {string} */ path) => contents[path] ?? '';
  const exists = (/** @type {string} */ path) => files.some((file) => file === path || file.startsWith(`${path}/`));
  return { files, text, bytes: (path) => Buffer.from(text(path)), exists };
}

/** @param {Project} project @param {RegExp} pattern */
export function filesLike(project, pattern) {
  return project.files.filter((path) => pattern.test(path));
}

/**
 * Lines of a file that match, numbered from 1.
 * @param {string} text @param {RegExp} pattern without the g flag
 * @returns {{ line: number, match: RegExpExecArray }[]}
 */
export function matchLines(text, pattern) {
  return text.split('\n').flatMap((content, index) => {
    const match = pattern.exec(content);
    return match ? [{ line: index + 1, match }] : [];
  });
}
