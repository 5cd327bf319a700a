// What the conformance programs counted, joined and told to people.

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {string} class
 * @property {string | null} leftOut why it is not compared
 * @property {number} instances
 * @property {number} notGenerated
 * @property {number} qemu instances compared with it
 * @property {number} vixl instances compared with it
 * @property {number} interpreter instances of translated code compared with it
 * @property {number} refused by VIXL, which does not know the row
 * @property {number} mismatches
 * @property {string[]} samples one line each
 * @property {Record<string, number>} exemptions by oracle and reason
 */

/** @param {readonly string[]} texts @returns {Row[]} */
export function mergeShares(texts) {
  return texts.flatMap((text) => /** @type {{ rows: Row[] }} */ (JSON.parse(text)).rows);
}

/** A row passes when it was compared and all its instances agree. @param {Row} row @param {readonly string[]} blind */
function isGood(row, blind) {
  return row.mismatches === 0 && row.qemu + row.vixl > 0 && row.notGenerated === 0 && !blind.includes(row.name);
}

/** @param {readonly Row[]} rows @param {readonly string[]} blind rows whose spoiled results went unnoticed */
export function verdictOf(rows, blind) {
  const asked = rows.filter((row) => row.leftOut === null);
  const passed = asked.filter((row) => isGood(row, blind)).length;
  return { passed, failed: asked.length - passed, skipped: rows.length - asked.length };
}

/** @param {readonly Row[]} rows @param {'instances' | 'qemu' | 'vixl' | 'interpreter' | 'mismatches'} key */
function total(rows, key) {
  return rows.reduce((sum, row) => sum + row[key], 0);
}

/** @param {readonly string[]} cells */
function tableLine([name = '', ...numbers]) {
  return `${name.padEnd(16)}${numbers.map((text) => text.padStart(12)).join('')}`;
}

/** @param {readonly Row[]} rows @param {(line: string) => void} print */
export function printReport(rows, print) {
  print(tableLine(['class', 'rows', 'instances', 'with QEMU', 'with VIXL', 'JIT/interp.', 'mismatches']));
  const classes = [...new Set(rows.map((row) => row.class))];
  const groups = [
    ...classes.map((name) => ({ name, rows: rows.filter((row) => row.class === name) })),
    { name: 'all', rows },
  ];
  for (const { name, rows: group } of groups) {
    const asked = group.filter((row) => row.leftOut === null);
    const sums = ['instances', 'qemu', 'vixl', 'interpreter', 'mismatches'].map((key) =>
      total(asked, /** @type {'qemu'} */ (key)),
    );
    print(tableLine([name, ...[asked.length, ...sums].map(String)]));
  }
  printMismatches(rows, print);
  printExemptions(rows, print);
  printLeftOut(rows, print);
}

/** @param {readonly Row[]} rows @param {(line: string) => void} print */
function printMismatches(rows, print) {
  for (const row of rows.filter(({ mismatches }) => mismatches > 0)) {
    print(`\nMISMATCH in ${row.name}: ${row.mismatches} of ${row.instances}`);
    for (const sample of row.samples) print(`  ${sample}`);
  }
  for (const row of rows.filter(({ notGenerated }) => notGenerated > 0))
    print(`\nNOT GENERATED: ${row.notGenerated} instances of ${row.name}`);
}

/** @param {readonly Row[]} rows @param {(line: string) => void} print */
function printExemptions(rows, print) {
  /** @type {Map<string, { count: number, rows: number }>} */
  const reasons = new Map();
  for (const row of rows) {
    for (const [reason, count] of Object.entries(row.exemptions)) {
      const sum = reasons.get(reason) ?? { count: 0, rows: 0 };
      reasons.set(reason, { count: sum.count + count, rows: sum.rows + 1 });
    }
  }
  print('\nNot compared, or only in part (tester/known_differences.cpp):');
  for (const [reason, { count, rows: number }] of [...reasons].sort((a, b) => b[1].count - a[1].count))
    print(`  ${String(count).padStart(9)} instances of ${String(number).padStart(3)} rows: ${reason}`);
}

/** @param {readonly Row[]} rows @param {(line: string) => void} print */
function printLeftOut(rows, print) {
  const asked = rows.filter((row) => row.leftOut === null);
  const only = (/** @type {'qemu' | 'vixl'} */ absent) =>
    asked.filter((row) => row[absent] === 0 && row.instances > 0).map((row) => row.name);
  for (const [absent, text] of /** @type {const} */ ([
    ['vixl', 'Compared with QEMU alone'],
    ['qemu', 'Compared with VIXL alone'],
  ])) {
    if (only(absent).length > 0) print(`\n${text} (${only(absent).length} rows): ${only(absent).join(' ')}`);
  }
  const leftOut = rows.filter((row) => row.leftOut !== null);
  if (leftOut.length === 0) return;
  print('\nNOT COMPARED WITH ANY ORACLE:');
  for (const row of leftOut) print(`  ${row.name}: ${row.leftOut}`);
  print('  MRS, MSR (register): compared for NZCV, FPCR, FPSR and TPIDR_EL0; MSR (immediate): for DIT; SYS: for the');
  print('  cache instructions of EL0 except DC CVAP and DC ZVA. The rest is system level.');
}
