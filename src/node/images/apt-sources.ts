import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One place packages come from, as the machine's own configuration names it. */
export interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** Key ring file; absent: the ones apt trusts anyway. */
  readonly signedBy?: string;
}

/** Reads one-line sources (`deb [signed-by=...] URI SUITE COMPONENT...`); other lines are ignored. */
export function parseOneLineSources(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*(.*?)\s*(?:#.*)?$/.exec(line);
    if (!match) return [];
    const [, options = '', uri = '', suite = '', components = ''] = match;
    return [source(uri, [suite], words(components), /signed-by=(\S+)/i.exec(options)?.[1])];
  });
}

/** Reads deb822 sources (`Types: deb` stanzas with `URIs:`, `Suites:`...); disabled stanzas are left out. */
export function parseDeb822Sources(text: string): AptSource[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = parseStanza(stanza);
    const isOff = /^(no|false|0)$/i.test(fields.get('enabled') ?? 'yes');
    if (isOff || !words(fields.get('types') ?? '').includes('deb')) return [];
    const suites = words(fields.get('suites') ?? '');
    const components = words(fields.get('components') ?? '');
    // A key may also stand inside the stanza; only a file can be handed on.
    const key = fields.get('signed-by');
    const signedBy = key?.startsWith('/') ? key : undefined;
    return words(fields.get('uris') ?? '').map((uri) => source(uri, suites, components, signedBy));
  });
}

/** Fields of one stanza, names in lower case; continuation lines are joined, comments dropped. */
function parseStanza(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  let last = '';
  for (const line of stanza.split('\n').filter((text) => !text.startsWith('#'))) {
    const match = /^([A-Za-z-]+):\s*(.*)$/.exec(line);
    if (match) {
      last = (match[1] ?? '').toLowerCase();
      fields.set(last, match[2] ?? '');
    } else if (/^\s/.test(line) && last) {
      fields.set(last, `${fields.get(last)} ${line.trim()}`.trim());
    }
  }
  return fields;
}

/** Every source of this machine, in the order apt reads them. `root` is `/etc/apt` except in tests. */
export async function readMachineSources(root = '/etc/apt'): Promise<AptSource[]> {
  const parts = await readdir(join(root, 'sources.list.d')).catch(() => []);
  const files = ['sources.list', ...parts.sort().map((name) => join('sources.list.d', name))];
  const sources: AptSource[] = [];
  for (const file of files) {
    const text = await readFile(join(root, file), 'utf8').catch(() => '');
    if (file.endsWith('.sources')) sources.push(...parseDeb822Sources(text));
    else if (file.endsWith('.list')) sources.push(...parseOneLineSources(text));
  }
  return sources;
}

const DEBIAN_SUITE = /^(bookworm|trixie|forky|sid|stable|testing|unstable|oldstable)$/;

/**
 * The source that carries Debian itself: its main archive, not the security or backports one.
 * @returns undefined when this machine is not a Debian.
 */
export function findDebianArchive(sources: readonly AptSource[]): AptSource | undefined {
  return sources.find(
    (entry) => entry.components.includes('main') && entry.suites.some((suite) => DEBIAN_SUITE.test(suite)),
  );
}

function words(text: string): string[] {
  return text.split(/\s+/).filter(Boolean);
}

function source(uri: string, suites: string[], components: string[], signedBy: string | undefined): AptSource {
  return { uri, suites, components, ...(signedBy === undefined ? {} : { signedBy }) };
}
