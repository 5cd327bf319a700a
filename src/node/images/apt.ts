import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DormouseError } from '../../common/contract/errors.ts';
import { findDebianArchive, readMachineSources } from './apt-sources.ts';
import { runTool } from './run-tool.ts';

const DEBIAN_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** A package as the (signed) index describes it. */
export interface PackageRecord {
  readonly name: string;
  readonly version: string;
  /** The `Depends` field, one entry per alternative group, versions dropped. */
  readonly depends: readonly string[];
  readonly sha256: string;
}

/**
 * apt with a configuration of its own: other suites and another architecture than the machine's, nothing of the
 * machine's package state read or changed, no root needed.
 */
export class PrivateApt {
  readonly #folder: string;
  readonly #options: readonly string[];

  private constructor(folder: string, options: readonly string[]) {
    this.#folder = folder;
    this.#options = options;
  }

  /**
   * @param folder where lists and packages are kept; made when absent.
   * @param architecture `arm64`, `amd64`...
   * @param suites suites of the Debian archive that this machine itself uses; the environment variable
   *   DORMOUSE_DEBIAN_ARCHIVE (a URI) takes its place, for machines that are not Debian.
   * @throws DormouseError E_UNSUPPORTED without apt or a Debian source, E_HOST when the lists cannot be fetched.
   */
  static async open(folder: string, architecture: string, suites: readonly string[]): Promise<PrivateApt> {
    const archive = findDebianArchive(await readMachineSources());
    const uri = process.env['DORMOUSE_DEBIAN_ARCHIVE'] ?? archive?.uri;
    if (uri === undefined) {
      throw new DormouseError(
        'E_UNSUPPORTED',
        'This machine names no Debian archive to fetch guests from; set DORMOUSE_DEBIAN_ARCHIVE to the URI of one',
      );
    }
    const keyring = archive?.signedBy ?? DEBIAN_KEYRING;
    await access(keyring).catch(() => {
      throw new DormouseError(
        'E_UNSUPPORTED',
        `Debian's archive keys are missing (${keyring}); install debian-archive-keyring`,
      );
    });
    await mkdir(join(folder, 'lists', 'partial'), { recursive: true });
    await mkdir(join(folder, 'cache', 'archives', 'partial'), { recursive: true });
    await writeFile(join(folder, 'status'), '');
    const lines = suites.map((suite) => `deb [arch=${architecture} signed-by=${keyring}] ${uri} ${suite} main\n`);
    await writeFile(join(folder, 'sources.list'), lines.join(''));
    const settings: Record<string, string> = {
      'APT::Architecture': architecture,
      'APT::Architectures': architecture,
      'APT::Sandbox::User': '',
      'APT::Install-Recommends': 'false',
      'Dir::State': folder,
      'Dir::State::Lists': join(folder, 'lists'),
      'Dir::State::status': join(folder, 'status'),
      'Dir::Etc::SourceList': join(folder, 'sources.list'),
      'Dir::Etc::SourceParts': '/dev/null',
      'Dir::Etc::Preferences': '/dev/null',
      'Dir::Etc::PreferencesParts': '/dev/null',
      'Dir::Cache': join(folder, 'cache'),
      'Debug::NoLocking': 'true',
      'Acquire::Retries': '2',
      'Acquire::http::Timeout': '30',
    };
    const options = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
    const apt = new PrivateApt(folder, ['-q', ...options]);
    // --error-on=any: apt by itself only warns when a list could not be fetched, and then goes on with the old one.
    await runTool('apt-get', [...apt.#options, 'update', '--error-on=any']);
    return apt;
  }

  /** @returns the newest version the suites offer, or undefined when they have no such package. */
  async find(name: string): Promise<PackageRecord | undefined> {
    const text = await runTool('apt-cache', [...this.#options, 'show', '--no-all-versions', name], {
      accept: [0, 100],
    });
    const field = (key: string): string => new RegExp(`^${key}: (.*)$`, 'm').exec(text)?.[1] ?? '';
    const version = field('Version');
    if (version === '') return undefined;
    return { name, version, depends: parseDepends(field('Depends')), sha256: field('SHA256') };
  }

  /**
   * Names of the packages that an empty system would need for `names`, themselves included.
   * @param release preferred suite, for example a backports one.
   */
  async closure(names: readonly string[], release: string): Promise<string[]> {
    const plan = await runTool('apt-get', [...this.#options, '-s', '-y', '-t', release, 'install', ...names]);
    return [...plan.matchAll(/^Inst (\S+) \((\S+)/gm)].map((match) => `${match[1]}=${match[2]}`);
  }

  /**
   * Downloads packages and compares each with the hash of the index.
   * @param specs names, or `name=version`.
   * @returns paths of the .deb files below the private folder, in the order of `specs`.
   * @throws DormouseError E_NOT_FOUND, E_HOST (network), E_CORRUPT (the bytes are not the ones the index names).
   */
  async download(specs: readonly string[]): Promise<string[]> {
    const text = await this.#show(specs);
    const hashes = new Set([...text.matchAll(/^SHA256: (\w+)$/gm)].map((match) => match[1] ?? ''));
    const folder = await mkdtemp(join(this.#folder, 'cache', 'fetched-'));
    await runTool('apt-get', [...this.#options, 'download', ...specs], { cwd: folder }).catch(
      async (error: unknown) => {
        await rm(folder, { recursive: true, force: true });
        throw error;
      },
    );
    const found = new Map<string, string>();
    for (const file of await readdir(folder)) {
      const path = join(folder, file);
      if (!hashes.has(await sha256OfFile(path))) {
        throw new DormouseError('E_CORRUPT', `${file} is not what the package index describes (sha256 differs)`);
      }
      found.set(file.split('_')[0] ?? '', path);
    }
    return specs.map((spec) => {
      const path = found.get(spec.split('=')[0] ?? '');
      if (path === undefined) throw new DormouseError('E_HOST', `apt-get download left no package for ${spec}`);
      return path;
    });
  }

  /** Downloads packages and unpacks them, one over the other, into `folder`. */
  async unpack(specs: readonly string[], folder: string): Promise<void> {
    const debs = await this.download(specs);
    for (const deb of debs) await runTool('dpkg-deb', ['-x', deb, folder]);
    for (const parent of new Set(debs.map((deb) => dirname(deb)))) await rm(parent, { recursive: true });
  }

  async #show(specs: readonly string[]): Promise<string> {
    const options = [...this.#options, 'show', '--no-all-versions', ...specs];
    const text = await runTool('apt-cache', options, { accept: [0, 100] });
    const known = new Set([...text.matchAll(/^Package: (\S+)$/gm)].map((match) => match[1] ?? ''));
    const missing = specs.find((spec) => !known.has(spec.split('=')[0] ?? ''));
    if (missing !== undefined) throw new DormouseError('E_NOT_FOUND', `The archive has no package ${missing}`);
    return text;
  }
}

function parseDepends(text: string): string[] {
  return text
    .split(',')
    .map((entry) => (entry.split('|')[0] ?? '').replace(/\(.*?\)|:\w+/g, '').trim())
    .filter(Boolean);
}

/** @returns lower-case hex. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
