// File names tell what is inside, and a test stands where its subject would be looked for.
import { basename, dirname } from 'node:path';
import { filesLike, matchLines } from '../project.mjs';

const RULES = [
  {
    files: /^(binding|test\/binding|test\/conformance)\/.*\.(h|cpp|c|inc|cc)$/,
    name: /^[a-z][a-z0-9_]*\.\w+$/,
    style: 'snake_case',
  },
  { files: /^(src|renderer|test)\/.*\.(ts|mjs)$/, name: /^[a-z][a-z0-9-]*(\.[a-z]+)*\.(ts|mjs)$/, style: 'kebab-case' },
  { files: /\.svelte$/, name: /^[A-Z][A-Za-z0-9]*\.svelte$/, style: 'PascalCase' },
  { files: /\.(css|html)$/, name: /^[a-z][a-z0-9-]*\.\w+$/, style: 'kebab-case' },
];

/** @param {import('../project.mjs').Project} project @returns {string[]} */
export function checkNames(project) {
  const badNames = project.files.flatMap((path) =>
    RULES.filter((rule) => rule.files.test(path) && !rule.name.test(basename(path))).map(
      (rule) => `${path}:1  the name of this file must be ${rule.style}`,
    ),
  );
  return [...badNames, ...checkMirrors(project), ...checkHeaders(project)];
}

/** @param {import('../project.mjs').Project} project */
function checkMirrors(project) {
  const cpp = filesLike(project, /^test\/binding\/.*_test\.cpp$/).flatMap((path) => {
    const folder = dirname(path).slice('test/'.length);
    return project.exists(folder) ? [] : [`${path}:1  tests of ${folder}, which does not exist`];
  });
  const ts = filesLike(project, /^test\/unit\/.*\.test\.ts$/).flatMap((path) => {
    const folder = dirname(path).slice('test/unit/'.length);
    const places = [`src/${folder}`, folder, `test/${folder}`];
    return places.some((place) => project.exists(place)) ? [] : [`${path}:1  tests of ${folder}, which does not exist`];
  });
  return [...cpp, ...ts];
}

/** @param {import('../project.mjs').Project} project */
function checkHeaders(project) {
  return filesLike(project, /^binding\/.*\.h$/)
    .filter((path) => matchLines(project.text(path), /^#pragma once$/).length === 0)
    .map((path) => `${path}:1  a header begins with #pragma once`);
}
