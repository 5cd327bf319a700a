// Applies the C++ table to every #include below binding/ and test/binding/.
import { filesLike, matchLines } from '../project.mjs';
import { CPP_LAYERS, DEVICE_FRAMEWORKS, NODE_DOORS, NODE_HEADER, OS_DOORS, OS_HEADER, OS_MACRO } from '../layers.mjs';

/** @param {import('../project.mjs').Project} project @returns {string[]} */
export function checkCppLayers(project) {
  return filesLike(project, /^binding\/.*\.(h|cpp|inc)$/).flatMap((path) => {
    const text = project.text(path);
    const includes = matchLines(text, /^\s*#\s*include\s*([<"])([^>"]+)[>"]/).map(({ line, match }) => ({
      at: `${path}:${line}`,
      target: /** @type {string} */ (match[2]),
      isOwn: match[1] === '"',
    }));
    return [
      ...includes.flatMap(({ at, target, isOwn }) =>
        isOwn ? checkOwn(path, at, target) : checkOutside(path, at, target),
      ),
      ...checkMacros(path, text),
    ];
  });
}

/** @param {string} path @param {string} at @param {string} target */
function checkOwn(path, at, target) {
  const from = layerOf(path.slice('binding/'.length));
  if (from === undefined) return [`${at}  no layer is known for this folder (test/tools/layers.mjs)`];
  const to = layerOf(target);
  if (to === undefined) return [`${at}  "${target}" is in no layer; write paths from binding/`];
  if (from === to) return from === 'devices' ? checkDevice(path, at, target) : [];
  // A table is facts; the folders of one engine may read each other's.
  if (target.endsWith('.inc') && from.startsWith('engine/emulator') && to.startsWith('engine/emulator')) return [];
  const allowed = CPP_LAYERS[from] ?? [];
  if (allowed.some((entry) => entry === to || (entry.endsWith('/*') && to.startsWith(entry.slice(0, -1))))) return [];
  return [`${at}  ${from} may not include ${to} (allowed: ${[...allowed].sort().join(' ') || 'nothing'})`];
}

/** @param {string} path @param {string} at @param {string} target */
function checkDevice(path, at, target) {
  const own = path.split('/')[2];
  const other = target.split('/')[1] ?? '';
  // A header right below devices/ is shared by all of them.
  if (own === other || other.endsWith('.h') || DEVICE_FRAMEWORKS.includes(other)) return [];
  return [`${at}  device ${own} may not include device ${other} (allowed: ${DEVICE_FRAMEWORKS.join(' ')})`];
}

/** @param {string} path @param {string} at @param {string} target */
function checkOutside(path, at, target) {
  if (OS_HEADER.test(target) && !isBelow(path, OS_DOORS)) {
    return [`${at}  <${target}> is of the operating system (allowed in: ${OS_DOORS.join(' ')})`];
  }
  if (NODE_HEADER.test(target) && !isBelow(path, NODE_DOORS)) {
    return [`${at}  <${target}> is Node's (allowed in: ${NODE_DOORS.join(' ')})`];
  }
  return [];
}

/** @param {string} path @param {string} text */
function checkMacros(path, text) {
  if (isBelow(path, OS_DOORS)) return [];
  return matchLines(text, OS_MACRO).map(
    ({ line, match }) =>
      `${path}:${line}  ${match[1]} asks for the operating system (allowed in: ${OS_DOORS.join(' ')})`,
  );
}

/** @param {string} path @param {readonly string[]} folders */
function isBelow(path, folders) {
  return folders.some((folder) => path.startsWith(`${folder}/`));
}

/** The longest known folder that holds a file. @param {string} path from binding/ */
function layerOf(path) {
  const parts = path.split('/');
  for (let length = parts.length - 1; length > 0; --length) {
    const folder = parts.slice(0, length).join('/');
    if (Object.hasOwn(CPP_LAYERS, folder)) return folder;
  }
  return undefined;
}
