// What a JavaScript engine compiles, throws away and compiles again: `node work.mjs SEED`. A line for each part with a
// checksum, which is the same on every processor.
import console from 'node:console';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const seed = Number(isMainThread ? (argv[2] ?? 0) : workerData.seed);

/** @param {number} start */
function generator(start) {
  let state = (start * 2654435761 + 12345) >>> 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** @param {number} sum @param {number} value */
const mix = (sum, value) => (Math.imul(sum ^ value, 0x01000193) ^ (sum >>> 15)) >>> 0;

function integers(random) {
  let sum = 1;
  for (let i = 0; i < 300_000; i++) sum = mix(sum, (random() >>> (i & 31)) + ((i * sum) | 0));
  return sum;
}

function doubles(random) {
  const bits = new DataView(new ArrayBuffer(8));
  let sum = 1;
  let x = 1.5;
  for (let i = 0; i < 100_000; i++) {
    x = Math.sqrt(Math.abs(x * 1.000001 + (random() - 2 ** 31) / 7)) / (1 + (i & 7)) - Math.fround(x / 3);
    if (!(Math.abs(x) < 1e300)) x = 0.25;
    bits.setFloat64(0, x);
    sum = mix(sum, bits.getUint32(0) ^ bits.getUint32(4));
    sum = mix(sum, (Math.floor(x * 1e6) | 0) ^ Math.round(x));
  }
  return sum;
}

class Square {
  constructor(side) {
    this.side = side;
  }
  area() {
    return this.side * this.side;
  }
}
class Circle {
  constructor(radius) {
    this.radius = radius;
  }
  area() {
    return 3 * this.radius * this.radius;
  }
}

// Types that hold for long and then do not: optimised code is left in the middle of a loop.
function surprises(random) {
  const add = (a, b) => a + b;
  const shapes = [new Square(3)];
  let sum = 1;
  for (let i = 0; i < 60_000; i++) {
    if (i === 20_000) shapes.push(new Circle(2));
    if (i === 40_000) shapes.push({ area: () => 7.5 });
    sum = mix(sum, shapes[random() % shapes.length].area() * 4);
    const added = i % 9973 === 9000 ? add(`${i}`, 'x') : i % 5003 === 4000 ? add(0.5, i) : add(i, 1);
    sum = mix(sum, typeof added === 'string' ? added.length : added * 2);
  }
  return sum;
}

// New code again and again, most of which is dropped.
function newFunctions(random) {
  let sum = 1;
  for (let i = 0; i < 60; i++) {
    const [a, b, c] = [random() % 1000, 1 + (random() % 30), random()];
    const made = new Function(
      'n',
      `let s = ${a}; for (let i = 0; i < n; i++) s = ((s << ${b}) ^ (s >>> 3)) + ${c} | 0; return s;`,
    );
    for (let n = 0; n < 40; n++) sum = mix(sum, made(n * 20));
  }
  return sum;
}

function expressions(random) {
  let sum = 1;
  for (let i = 0; i < 300; i++) {
    const text = Array.from({ length: 40 }, () => String.fromCharCode(97 + (random() % 4))).join('');
    for (const pattern of [`(a|b)+c?${text[0]}d*`, `[^${text[1]}]{2,5}`, `(?<=${text[2]})b(.)\\1?`]) {
      for (const match of text.matchAll(new RegExp(pattern, 'g'))) sum = mix(sum, match.index * 31 + match[0].length);
    }
  }
  return sum;
}

function garbage(random) {
  const kept = new Map();
  let sum = 1;
  for (let i = 0; i < 60_000; i++) {
    const key = random() % 5000;
    const old = kept.get(key);
    if (old !== undefined) sum = mix(sum, old.list.length + old.name.length);
    kept.set(key, {
      name: `entry ${i}`,
      list: new Array(i % 17).fill(i),
      next: old?.next === undefined ? old : undefined,
    });
  }
  return mix(sum, kept.size);
}

function bigNumbers(random) {
  let value = 1n;
  for (let i = 0; i < 400; i++) value = (value * BigInt(random() | 1) + BigInt(i)) % (1n << 521n);
  return Number(value & 0xffff_ffffn);
}

function thrown(random) {
  let sum = 1;
  const deep = (level) => {
    if (level === 0) throw new RangeError(String(random() % 100));
    try {
      deep(level - 1);
    } finally {
      sum = mix(sum, level);
    }
  };
  for (let i = 0; i < 1500; i++) {
    try {
      deep(1 + (i % 12));
    } catch (error) {
      sum = mix(sum, Number(error.message));
    }
  }
  return sum;
}

// (func (param i64 i64) (result i64)): a loop of multiply, xor and rotate, as bytes.
const MODULE = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x07, 0x01, 0x60, 0x02, 0x7e, 0x7e, 0x01, 0x7e], // type
  ...[0x03, 0x02, 0x01, 0x00], // function
  ...[0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00], // export "f"
  ...[0x0a, 0x26, 0x01, 0x24, 0x00, 0x03, 0x40], // code: loop
  ...[0x20, 0x00, 0x42, 0xad, 0xfe, 0xd5, 0xe4, 0xd4, 0x05, 0x7e], // local 0 * constant
  ...[0x20, 0x01, 0x85, 0x42, 0x17, 0x89, 0x21, 0x00], // xor local 1, rotl 23
  ...[0x20, 0x01, 0x42, 0x01, 0x7d, 0x22, 0x01, 0x50, 0x45, 0x0d, 0x00], // local 1 - 1, until zero
  ...[0x0b, 0x20, 0x00, 0x0b],
]);

function assembly(random) {
  const { exports } = new globalThis.WebAssembly.Instance(new globalThis.WebAssembly.Module(MODULE));
  let sum = 1;
  for (let i = 0; i < 40; i++) {
    const result = exports.f(BigInt(random()), BigInt(1000 + i));
    sum = mix(sum, Number(BigInt.asUintN(32, result ^ (result >> 32n))));
  }
  return sum;
}

const PARTS = { integers, doubles, surprises, newFunctions, expressions, garbage, bigNumbers, thrown, assembly };

/** @returns {[string, number][]} */
function runAll() {
  return Object.entries(PARTS).map(([name, part], index) => [name, part(generator(seed * 100 + index + 1))]);
}

// Threads of one process share memory and nothing else.
async function threads() {
  const shared = new Int32Array(new SharedArrayBuffer(64));
  const results = await Promise.all(
    [1, 2, 3].map(
      (number) =>
        new Promise((resolve, reject) => {
          const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { seed: seed + number, shared } });
          worker.on('message', resolve);
          worker.on('error', reject);
        }),
    ),
  );
  return { sum: results.flat().reduce((sum, [, value]) => mix(sum, value), 1), additions: shared[0] };
}

async function main() {
  if (!isMainThread) {
    for (let i = 0; i < 50_000; i++) Atomics.add(workerData.shared, 0, 1);
    parentPort.postMessage(runAll());
    return;
  }
  for (const [name, sum] of runAll()) console.log(`JS ${name} ${sum}`);
  const { sum, additions } = await threads();
  console.log(`JS threads ${sum} ${additions}`);
}

await main();
