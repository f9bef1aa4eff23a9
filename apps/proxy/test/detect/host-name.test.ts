import * as fc from 'fast-check';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hostNameFromBytes, parseHostName } from '../../src/detect/host-name.ts';
import { expectedHostName } from './host-name-oracle.ts';

const label63 = 'a'.repeat(63);
const name253 = `${label63}.${label63}.${label63}.${'b'.repeat(61)}`;

describe('parseHostName', () => {
  const names: readonly (readonly [string, string])[] = [
    ['www.example.com', 'www.example.com'],
    ['WWW.Example.COM', 'www.example.com'],
    ['www.example.com.', 'www.example.com'],
    ['localhost', 'localhost'],
    ['_acme-challenge.example.com', '_acme-challenge.example.com'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['3com.com', '3com.com'],
    ['10.example', '10.example'],
    ['0xyz', '0xyz'],
    [`${label63}.example`, `${label63}.example`],
    [name253, name253],
    [`${name253}.`, name253],
  ];
  for (const [text, canonical] of names) {
    it(`takes ${JSON.stringify(text.slice(0, 40))} as ${canonical.slice(0, 40)}`, () => {
      assert.equal(parseHostName(text), canonical);
    });
  }

  const others: readonly string[] = [
    ...['', '.', '..', 'a..b', '.example.com', 'example.com..'],
    ...[
      '192.0.2.1',
      '127.1',
      '2130706433',
      '0x7f000001',
      '0X7F.1',
      '0x',
      'a.0x1f',
      'example.10',
      '2001:db8::1',
      '[::1]',
      '::',
    ],
    ...[
      '-a.example',
      'a-.example',
      'a.-',
      'a b',
      'a\0b',
      'a\r\nb',
      'a/b',
      'a:80',
      '*.example.com',
      'bücher.example',
      'ｅxample.com',
    ],
    ...[`${label63}a.example`, `${name253}c`, `${name253}..`, 'a'.repeat(70_000)],
  ];
  for (const text of others) {
    it(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
      assert.equal(parseHostName(text), null);
    });
  }

  it('agrees with the written rules on any text', () => {
    const character = fc.constantFrom('a', 'Z', '0', '9', '-', '_', '.', ':', 'x', '\0', '\r', '\n', ' ', 'é', '/');
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: character }), fc.string(), fc.domain()), (text) => {
        assert.equal(parseHostName(text), expectedHostName(text));
      }),
      { numRuns: 3000 },
    );
  });

  it('is idempotent: a canonical name is its own', () => {
    fc.assert(
      fc.property(fc.domain(), (text) => {
        const name = parseHostName(text);
        assert.equal(name === null ? null : parseHostName(name), name);
      }),
    );
  });
});

describe('hostNameFromBytes', () => {
  it('lets through every byte value at every position only as the rules say', () => {
    const name = Buffer.from('a1.b-c_d.example');
    for (let position = 0; position < name.length; position++) {
      for (let value = 0; value < 256; value++) {
        const bytes = Buffer.from(name);
        bytes[position] = value;
        assert.equal(hostNameFromBytes(bytes, 0, bytes.length), expectedHostName(bytes.toString('latin1')));
      }
    }
  });

  it('reads nothing outside its range', () => {
    const bytes = Buffer.from('evil-www.example.com.evil');
    assert.equal(hostNameFromBytes(bytes, 5, 20), 'www.example.com');
    assert.equal(hostNameFromBytes(bytes, 5, 21), 'www.example.com');
    assert.equal(hostNameFromBytes(bytes, 5, 5), null);
  });

  it('returns a copy: a name outlives the bytes it was read from', () => {
    const bytes = Buffer.from('www.example.com');
    const name = hostNameFromBytes(bytes, 0, bytes.length);
    bytes.fill(0x78);
    assert.equal(name, 'www.example.com');
  });
});
