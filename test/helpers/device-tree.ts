/** Properties whose cells are phandles, or the first of whose cells is one: printed as the path of the node it names. */
const ALL_REFERENCES = new Set(['interrupt-parent', 'clocks', 'cpu']);
const FIRST_REFERENCES = new Set(['gpios']);

/** Path of each node with its properties, as text where they are printable and as hexadecimal cells where not. */
export type DeviceTree = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Reads a flattened device tree. [Devicetree Specification v0.4, chapter 5] @throws when it is none. */
export function readDeviceTree(blob: Buffer): DeviceTree {
  if (blob.readUInt32BE(0) !== 0xd00dfeed) throw new Error('This is no flattened device tree');
  const strings = blob.readUInt32BE(12);
  const nodes = new Map<string, Map<string, Buffer>>();
  const path: string[] = [];
  for (let at = blob.readUInt32BE(8); ;) {
    const token = blob.readUInt32BE(at);
    at += 4;
    if (token === 1) {
      const end = blob.indexOf(0, at);
      path.push(blob.toString('latin1', at, end));
      nodes.set(path.join('/') || '/', new Map());
      at = (end + 4) & ~3;
    } else if (token === 2) {
      path.pop();
    } else if (token === 3) {
      const [length, name] = [blob.readUInt32BE(at), strings + blob.readUInt32BE(at + 4)];
      const value = blob.subarray(at + 8, at + 8 + length);
      nodes.get(path.join('/') || '/')?.set(blob.toString('latin1', name, blob.indexOf(0, name)), value);
      at = (at + 8 + length + 3) & ~3;
    } else if (token === 9) {
      return printable(nodes);
    } else if (token !== 4) {
      throw new Error(`Token ${token} at ${at - 4} is unknown`);
    }
  }
}

function printable(nodes: ReadonlyMap<string, ReadonlyMap<string, Buffer>>): DeviceTree {
  const paths = new Map<string, string>();
  for (const [path, properties] of nodes) {
    const phandle = properties.get('phandle');
    if (phandle) paths.set(phandle.toString('hex'), path);
  }
  const print = (name: string, value: Buffer): string => {
    const text = value.toString('latin1');
    if (/^([\x20-\x7e]+\0)+$/.test(text)) return text.slice(0, -1).split('\0').join(', ');
    const cells = value.toString('hex').match(/.{1,8}/g) ?? [];
    const references = ALL_REFERENCES.has(name) ? cells.length : FIRST_REFERENCES.has(name) ? 1 : 0;
    return cells.map((cell, index) => (index < references ? (paths.get(cell) ?? cell) : cell)).join(' ');
  };
  return new Map(
    [...nodes].map(([path, properties]) => [
      path,
      new Map(
        [...properties].filter(([name]) => name !== 'phandle').map(([name, value]) => [name, print(name, value)]),
      ),
    ]),
  );
}
