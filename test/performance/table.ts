/** A table of text; the first row is the head. */
export type Cells = readonly (readonly string[])[];

/** Columns padded to the same width: the first to the left, figures to the right. */
export function renderText(cells: Cells): string {
  const widths = widthsOf(cells);
  const lines = cells.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '));
  return `${lines.join('\n')}\n`;
}

export function renderMarkdown(cells: Cells): string {
  const lines = cells.map((row) => `| ${row.join(' | ')} |`);
  const rule = (cells[0] ?? []).map((_, column) => (column === 0 ? '---' : '--:'));
  lines.splice(1, 0, `| ${rule.join(' | ')} |`);
  return `${lines.join('\n')}\n`;
}

function widthsOf(cells: Cells): number[] {
  const columns = Math.max(...cells.map((row) => row.length));
  return Array.from({ length: columns }, (_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
}

/** A figure, or a dash where there is none. */
export function show(value: number | undefined, digits: number): string {
  return value === undefined || !Number.isFinite(value) ? '-' : value.toFixed(digits);
}
