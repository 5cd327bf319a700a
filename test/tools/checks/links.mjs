// Documents stay true: every link and every named path leads somewhere.
import { posix } from 'node:path';
import { filesLike, matchLines } from '../project.mjs';

const NAMED_PATH = /^(binding|src|renderer|resources|test|docs)\/[\w./@-]+$/;

/** @param {import('../project.mjs').Project} project @returns {string[]} */
export function checkLinks(project) {
  return filesLike(project, /\.md$/).flatMap((path) =>
    matchLines(project.text(path), /\S/).flatMap(({ line, match }) => {
      const text = /** @type {string} */ (match.input);
      return targetsIn(path, text)
        .filter((target) => !project.exists(target))
        .map((target) => `${path}:${line}  ${target} does not exist`);
    }),
  );
}

/** @param {string} path @param {string} text @returns {string[]} files and folders that a line of a document names */
function targetsIn(path, text) {
  const links = [...text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)]
    .map((found) => /** @type {string} */ (found[1]))
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => posix.join(posix.dirname(path), link));
  const named = [...text.matchAll(/`([^`]+)`/g)]
    .map((found) => /** @type {string} */ (found[1]).replace(/:\d+$/, ''))
    .filter((name) => NAMED_PATH.test(name));
  return [...links, ...named].map((target) => target.replace(/\/$/, ''));
}
