/**
 * Replaces what stands between `<!-- NAME:begin -->` and `<!-- NAME:end -->`; a text without the markers gets them at its
 * end.
 */
export function replaceBetweenMarkers(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  const block = `${begin}\n${content.trim()}\n${end}`;
  if (from < 0 || to < 0) return `${text.trimEnd()}\n\n${block}\n`;
  return text.slice(0, from) + block + text.slice(to + end.length);
}
