import { describe, expect, it } from 'vitest';
import { findDebianArchive, parseDeb822Sources, parseOneLineSources } from '../../../../src/node/images/apt-sources.ts';

// No host of the real world: what counts is that the URI is taken over as it stands.
const URI = 'http://apt.test/debian';

describe('parseOneLineSources', () => {
  it('reads options, suite and components, and leaves comments and sources of sources out', () => {
    const text = [
      '# deb http://off.test x main',
      `deb [arch=amd64 signed-by=/keys/a.gpg] ${URI} bookworm main contrib # the archive`,
      `deb-src ${URI} bookworm main`,
      `  deb ${URI} bookworm-updates main`,
    ].join('\n');
    expect(parseOneLineSources(text)).toEqual([
      { uri: URI, suites: ['bookworm'], components: ['main', 'contrib'], signedBy: '/keys/a.gpg' },
      { uri: URI, suites: ['bookworm-updates'], components: ['main'] },
    ]);
  });
});

describe('parseDeb822Sources', () => {
  it('reads each stanza, comments inside and continued lines included', () => {
    const text = [
      'Types: deb deb-src',
      '# an older place',
      `URIs: ${URI}`,
      'Suites: bookworm',
      ' bookworm-updates',
      'Components: main',
      'Signed-By: /keys/a.gpg',
      '',
      'Types: deb',
      'URIs: http://other.test/debian-security',
      'Suites: bookworm-security',
      'Components: main',
    ].join('\n');
    expect(parseDeb822Sources(text)).toEqual([
      { uri: URI, suites: ['bookworm', 'bookworm-updates'], components: ['main'], signedBy: '/keys/a.gpg' },
      { uri: 'http://other.test/debian-security', suites: ['bookworm-security'], components: ['main'] },
    ]);
  });

  it.each([
    ['that is disabled', `Types: deb\nEnabled: no\nURIs: ${URI}\nSuites: sid\nComponents: main`],
    ['of sources only', `Types: deb-src\nURIs: ${URI}\nSuites: sid\nComponents: main`],
    ['without a URI', 'Types: deb\nSuites: sid\nComponents: main'],
  ])('leaves out a stanza %s', (_name, text) => {
    expect(parseDeb822Sources(text)).toEqual([]);
  });

  it('does not take a key inside the stanza for a file', () => {
    const text = `Types: deb\nURIs: ${URI}\nSuites: sid\nComponents: main\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----`;
    expect(parseDeb822Sources(text)).toEqual([{ uri: URI, suites: ['sid'], components: ['main'] }]);
  });
});

describe('findDebianArchive', () => {
  it('takes the archive itself, not security and not a stranger', () => {
    const security = { uri: 'http://s.test', suites: ['bookworm-security'], components: ['main'] };
    const stranger = { uri: 'http://x.test', suites: ['nodistro'], components: ['main'] };
    const archive = { uri: URI, suites: ['bookworm', 'bookworm-updates'], components: ['main'] };
    expect(findDebianArchive([stranger, security, archive])).toEqual(archive);
    expect(findDebianArchive([stranger, security])).toBeUndefined();
  });
});
