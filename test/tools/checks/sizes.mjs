// One idea a file. Tables and generated files are what they are; everything else keeps to the budget.
import { filesLike } from '../project.mjs';

export const BUDGET = 400;

/**
 * Files over the budget: how many lines, and why. A number here may only get smaller.
 * @type {Readonly<Record<string, { lines: number, why: string }>>}
 */
export const EXCEPTIONS = {};

const EXEMPT = /^binding\/generated\/|\.inc$|\.a64$/;

/**
 * @param {import('../project.mjs').Project} project
 * @param {typeof EXCEPTIONS} exceptions
 * @returns {string[]}
 */
export function checkSizes(project, exceptions = EXCEPTIONS) {
  const tooLong = filesLike(project, /\.(h|cpp|c|S|ts|mjs|js|svelte|css)$/)
    .filter((path) => !EXEMPT.test(path))
    .flatMap((path) => {
      const lines = project.text(path).split('\n').length - 1;
      const allowed = exceptions[path]?.lines ?? BUDGET;
      return lines > allowed
        ? [`${path}:${lines}  ${lines} lines (allowed: ${allowed}); split it where its seams are`]
        : [];
    });
  const needless = Object.keys(exceptions).flatMap((path) => {
    if (!project.exists(path)) return [`${path}:1  is listed in sizes.mjs and does not exist`];
    const lines = project.text(path).split('\n').length - 1;
    return lines < (exceptions[path]?.lines ?? 0)
      ? [`${path}:${lines}  has shrunk: write ${lines} into sizes.mjs`]
      : [];
  });
  return [...tooLong, ...needless];
}
