// Two rows may match the same word only when one of them is plainly the more specific one.

import { TableError } from './table.mjs';
import { constrainedFields, constraintPredicate } from './expression.mjs';

const MAX_FREE_BITS = 20;

/** Sorts rows so that the first match is the right one; throws TableError on ambiguity or a name used twice. */
export function orderRows(rows) {
  const byName = new Map();
  for (const row of rows) {
    const other = byName.get(row.name);
    if (other) throw new TableError(`${row.where}: ${row.name}: NAME: also at ${other.where}`);
    byName.set(row.name, row);
  }
  for (let i = 0; i < rows.length; i += 1) {
    for (let j = i + 1; j < rows.length; j += 1) checkPair(rows[i], rows[j]);
  }
  const specificity = (row) => popcount(row.mask) * 100 + row.constraints.length;
  return [...rows].sort((a, b) => specificity(b) - specificity(a));
}

function checkPair(a, b) {
  if (((a.value ^ b.value) & a.mask & b.mask) >>> 0 !== 0) return;
  if (moreSpecific(a, b) || moreSpecific(b, a)) return;
  const witness = commonWord(a, b);
  if (witness === undefined) return;
  const hex = `0x${witness.toString(16).padStart(8, '0')}`;
  throw new TableError(`${a.where}: ${a.name}: PATTERN: overlaps ${b.name} (${b.where}), for example ${hex}`);
}

/** Fixes every bit that b fixes and more, or the same ones with more constraints. */
function moreSpecific(a, b) {
  if ((a.mask & b.mask) >>> 0 !== b.mask) return false;
  return a.mask !== b.mask || a.constraints.length > b.constraints.length;
}

/** A word that satisfies both rows, or undefined. Tries every value of the bits that constraints look at. */
function commonWord(a, b) {
  const base = (a.value | b.value) >>> 0;
  const fixed = (a.mask | b.mask) >>> 0;
  let free = 0;
  for (const field of [...constrainedFields(a), ...constrainedFields(b)]) {
    free |= (2 ** field.width - 1) << field.low;
  }
  free = (free & ~fixed) >>> 0;
  if (popcount(free) > MAX_FREE_BITS) {
    throw new TableError(`${a.where}: ${a.name}: PATTERN: constraints too wide to compare with ${b.name} (${b.where})`);
  }
  const holdsA = constraintPredicate(a);
  const holdsB = constraintPredicate(b);
  // Walks all subsets of `free`.
  let subset = free;
  for (;;) {
    const word = (base | subset) >>> 0;
    if (holdsA(word) && holdsB(word)) return word;
    if (subset === 0) return undefined;
    subset = ((subset - 1) & free) >>> 0;
  }
}

export function popcount(value) {
  let count = 0;
  for (let rest = value >>> 0; rest !== 0; rest = (rest & (rest - 1)) >>> 0) count += 1;
  return count;
}
