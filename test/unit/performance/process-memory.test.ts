import { describe, expect, it } from 'vitest';
import { parseSmaps, treeMemory } from '../../performance/process-memory.ts';

const SMAPS = `00400000-00500000 r-xp 00000000 fe:00 1   /usr/bin/program
Size:               1024 kB
KernelPageSize:        4 kB
Rss:                 100 kB
Pss:                  25 kB
Pss_Dirty:             9 kB
7f0000000000-7f0020000000 rw-p 00000000 00:00 0
Size:             524288 kB
Rss:                2000 kB
Pss:                2000 kB
`;

describe('parseSmaps', () => {
  it('tells the mapping that is as large as the RAM of the guest from the rest', () => {
    const [kib, guest] = [1024, 512 << 20];
    expect(parseSmaps(SMAPS, guest)).toEqual({
      rss: 2100 * kib,
      pss: 2025 * kib,
      guestRss: 2000 * kib,
      guestPss: 2000 * kib,
    });
  });

  it('finds no RAM where no mapping has its size', () => {
    expect(parseSmaps(SMAPS, 1 << 30)).toMatchObject({ guestRss: 0, guestPss: 0 });
  });
});

describe('treeMemory', () => {
  it('reads the process that asks', async () => {
    const [own] = await treeMemory(process.pid, 0);
    expect(own?.rss).toBeGreaterThan(10 << 20);
    expect(own?.pss).toBeLessThanOrEqual(own?.rss ?? 0);
  });
});
