const FACTORS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/**
 * Reads a size as people write it: `512M`, `2G`, `1.5GiB`, `536870912`. A bare number is bytes.
 * @returns bytes, a whole number of at most 2^53 - 1, or undefined when the text is no size.
 */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?$/i.exec(text.trim());
  if (!match) return undefined;
  const bytes = Number(match[1]) * (FACTORS[match[2]?.toUpperCase() ?? ''] ?? 1);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** `536870912` -> `512M`: what parseSize() reads back as the same number. */
export function writeSize(bytes: number): string {
  const unit = ['T', 'G', 'M', 'K'].find((letter) => bytes > 0 && bytes % (FACTORS[letter] ?? 1) === 0);
  return unit === undefined ? String(bytes) : `${bytes / (FACTORS[unit] ?? 1)}${unit}`;
}

/** `536870912` -> `512 MiB`; at most one digit after the point. */
export function formatSize(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${units[unit]}`;
}
