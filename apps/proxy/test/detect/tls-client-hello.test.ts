import * as fc from 'fast-check';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Verdict } from '../../src/detect/detection.ts';
import { parseTlsClientHello, type TlsClientHello } from '../../src/detect/tls-client-hello.ts';
import {
  alpnExtension,
  buildClientHello,
  type Extension,
  filler,
  handshakeMessage,
  helloFor,
  serverName,
  tlsRecord,
  toRecords,
  uint16,
  withLength16,
} from './client-hello-builder.ts';
import { validClientHelloForms } from './client-hello-forms.ts';
import { decideEveryPrefix } from './decision-of-prefixes.ts';
import { expectedHostName } from './host-name-oracle.ts';
import { createDetector } from '../../src/detect/detect-protocol.ts';

const detectTls = createDetector(['TLS']);
const name = 'www.example.com';

function parse(bytes: Buffer): Verdict<TlsClientHello> {
  return parseTlsClientHello(bytes, 0, bytes.length);
}

function decidedAs(sni: string | null, alpn: readonly string[] = []): Verdict<unknown> {
  return { kind: 'decided', value: { protocol: 'TLS', sni, alpn } };
}

function helloWith(...extensions: readonly Extension[]): Buffer {
  return toRecords(buildClientHello({ extensions }));
}

describe('parseTlsClientHello on valid forms', () => {
  for (const form of validClientHelloForms(name)) {
    it(`finds name and ALPN: ${form.title}`, () => {
      assert.deepEqual(decideEveryPrefix(detectTls, form.flight), { protocol: 'TLS', sni: name, alpn: form.alpn });
    });
  }

  it('decides at the last byte of the hello, not before', () => {
    for (const { flight } of validClientHelloForms(name).filter(({ title }) => !title.includes('same read'))) {
      assert.equal(parseTlsClientHello(flight, 0, flight.length - 1).kind, 'needMore');
      assert.equal(parseTlsClientHello(flight, 0, flight.length).kind, 'decided');
    }
  });

  it('reads a hello without any extension as TLS without a name', () => {
    const bare = toRecords(buildClientHello({ extensions: null }));
    assert.deepEqual(parse(bare), decidedAs(null));
    assert.equal(parseTlsClientHello(bare, 0, bare.length - 1).kind, 'needMore');
    assert.deepEqual(parse(helloWith()), decidedAs(null));
  });

  it('takes a hello followed by another handshake message in the same record', () => {
    const messages = Buffer.concat([
      buildClientHello({ extensions: [serverName(name)] }),
      handshakeMessage(99, Buffer.alloc(9)),
    ]);
    assert.deepEqual(parse(toRecords(messages)), decidedAs(name));
  });

  it('takes a hello of 64 KiB with its record headers, not one byte more', () => {
    const overhead = buildClientHello({ extensions: [serverName(name), filler(21, 0)] }).length;
    const hello = (size: number): Buffer =>
      toRecords(buildClientHello({ extensions: [serverName(name), filler(21, size - overhead - 4 * 5)] }));
    // The last record of four holds the rest, so a byte more of filler is a byte more of hello.
    assert.equal(hello(65_536).length, 65_536);
    assert.deepEqual(parse(hello(65_536)), decidedAs(name));
    assert.equal(parse(hello(65_537)).kind, 'notThis');
  });
});

describe('parseTlsClientHello on names', () => {
  const noNames: readonly (readonly [string, Extension])[] = [
    ['empty extension', { type: 0, content: Buffer.alloc(0) }],
    ['empty list', serverName()],
    ['empty name', serverName('')],
    ['IPv4 literal', serverName('192.0.2.1')],
    ['IPv6 literal', serverName('2001:db8::1')],
    ['lone dot', serverName('.')],
    ['empty label', serverName('a..example.com')],
    ['label of 64', serverName(`${'a'.repeat(64)}.example.com`)],
    ['name of 254', serverName(`${'a.'.repeat(126)}ab`)],
    ['NUL', serverName('www.example.com\0.evil.example')],
    ['line break', serverName('www.example.com\r\nProxy-Authorization: x')],
    ['UTF-8', serverName('bücher.example')],
    ['wildcard', serverName('*.example.com')],
    ['two names in the list', serverName(name, 'other.example.com')],
    ['the same name twice in the list', serverName(name, name)],
    ['a name and then none', serverName(name, '')],
  ];
  for (const [title, extension] of noNames) {
    it(`is TLS without a name: ${title}`, () => {
      assert.deepEqual(parse(helloWith(extension, alpnExtension(['h2']))), decidedAs(null, ['h2']));
    });
  }

  it('is TLS without a name when the extension comes twice, even with the same name', () => {
    assert.deepEqual(parse(helloWith(serverName(name), serverName(name))), decidedAs(null));
    assert.deepEqual(parse(helloWith(serverName(), filler(21, 3), serverName(name))), decidedAs(null));
    assert.deepEqual(parse(helloWith(serverName(name), serverName(name), serverName(name))), decidedAs(null));
  });

  it('lets no byte but those of a host name out, for all 256 values at every position', () => {
    for (let position = 0; position < name.length; position++) {
      for (let value = 0; value < 256; value++) {
        const bytes = Buffer.from(name);
        bytes[position] = value;
        assert.deepEqual(parse(helloWith(serverName(bytes))), decidedAs(expectedHostName(bytes.toString('latin1'))));
      }
    }
  });

  it('agrees with the written rules of a host name on any bytes', () => {
    const anyName = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.domain().map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(anyName, (bytes) => {
        const text = Buffer.from(bytes).toString('latin1');
        assert.deepEqual(parse(helloWith(serverName(Buffer.from(bytes)))), decidedAs(expectedHostName(text)));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('parseTlsClientHello on ALPN', () => {
  it('keeps the order and bytes of what is offered', () => {
    const offered = ['http/1.1', '\x0a\x0a', 'h2', 'é'];
    assert.deepEqual(parse(helloWith(alpnExtension(offered))), decidedAs(null, offered));
  });

  it('reports the first 64 of a longer list and still finds the name', () => {
    const offered = Array.from({ length: 1800 }, (_, index) => `proto-${index}`);
    assert.deepEqual(parse(helloWith(alpnExtension(offered), serverName(name))), decidedAs(name, offered.slice(0, 64)));
  });

  it('is TLS without ALPN when the extension comes twice', () => {
    assert.deepEqual(parse(helloWith(alpnExtension(['h2']), alpnExtension(['http/1.1']))), decidedAs(null));
  });
});

describe('parseTlsClientHello on what is no ClientHello', () => {
  const message = buildClientHello({ extensions: [serverName(name)] });
  const patched = (offset: number, ...values: readonly number[]): Buffer => {
    const bytes = Buffer.from(message);
    for (const [index, value] of values.entries()) bytes[offset + index] = value;
    return bytes;
  };
  const sessionIdAt = 4 + 34;
  const suitesAt = sessionIdAt + 1 + 32;
  const compressionAt = suitesAt + 2 + 12;
  const extensionsAt = compressionAt + 2;
  const sniAt = extensionsAt + 2;
  const extensionOf = (type: number, hex: string): Buffer => helloWith({ type, content: Buffer.from(hex, 'hex') });

  const withExtensionBytes = (content: Buffer): Buffer => {
    const body = buildClientHello({ extensions: null }).subarray(4);
    return handshakeMessage(1, Buffer.concat([body, withLength16(content)]));
  };

  const others: readonly (readonly [string, Buffer])[] = [
    ['an SSLv2-compatible hello', Buffer.from('802e0103010015000000100100800300800700c0', 'hex')],
    ['an alert record', Buffer.from('15030300020228', 'hex')],
    ['application data', tlsRecord(23, Buffer.alloc(40))],
    ['record version 2.0', Buffer.from('1602000100', 'hex')],
    ['an empty record', Buffer.from('1603010000', 'hex')],
    [
      'an empty record within the hello',
      Buffer.concat([toRecords(message.subarray(0, 40)), Buffer.from('1603010000', 'hex')]),
    ],
    ['a record over 2^14', Buffer.from('1603014001', 'hex')],
    [
      'another record type within the hello',
      Buffer.concat([toRecords(message.subarray(0, 40)), tlsRecord(23, message)]),
    ],
    ['a ServerHello', toRecords(handshakeMessage(2, Buffer.alloc(60)))],
    ['a hello longer than 64 KiB by its own word', Buffer.from('160301004001010000', 'hex')],
    ['client version 2.0', toRecords(patched(4, 2))],
    ['a session id of 33 bytes', toRecords(patched(sessionIdAt, 33))],
    ['no cipher suites', toRecords(patched(suitesAt, 0, 0))],
    ['half a cipher suite', toRecords(patched(suitesAt, 0, 11))],
    ['cipher suites beyond the hello', toRecords(patched(suitesAt, 0xff, 0xfe))],
    ['no compression method', toRecords(patched(compressionAt, 0))],
    ['compression methods beyond the hello', toRecords(patched(compressionAt, 255))],
    ['extensions longer than the hello', toRecords(patched(extensionsAt + 1, 255))],
    ['extensions shorter than the hello', toRecords(patched(extensionsAt, 0, 1))],
    ['an extension beyond the hello', toRecords(patched(sniAt + 2, 1, 0))],
    ['half an extension header', toRecords(withExtensionBytes(Buffer.alloc(3)))],
    ['a name list longer than its extension', extensionOf(0, '000600000461')],
    ['a name list shorter than its extension', extensionOf(0, '0004000001616161')],
    ['a name beyond its list', extensionOf(0, '000400000261')],
    ['half a name entry', extensionOf(0, '00020000')],
    ['half a name list length', extensionOf(0, '00')],
    ['an empty ALPN extension', extensionOf(16, '')],
    ['an empty ALPN list', extensionOf(16, '0000')],
    ['an empty ALPN name', extensionOf(16, '000402683200')],
    ['an ALPN name beyond its list', extensionOf(16, '0003036832')],
  ];
  for (const [title, bytes] of others) {
    it(`says so: ${title}`, () => {
      assert.equal(parse(bytes).kind, 'notThis');
      assert.deepEqual(decideEveryPrefix(detectTls, bytes), { protocol: 'Unknown' });
    });
  }

  it('says so at once when a hello that has not all arrived is broken already', () => {
    const brokenSuites = toRecords(patched(suitesAt, 0, 11));
    assert.equal(parseTlsClientHello(brokenSuites, 0, 5 + suitesAt + 1).kind, 'needMore');
    assert.equal(parseTlsClientHello(brokenSuites, 0, 5 + suitesAt + 2).kind, 'notThis');
    const inTwoRecords = toRecords(patched(suitesAt, 0, 11), { sizes: [suitesAt + 2] });
    assert.equal(parseTlsClientHello(inTwoRecords, 0, 5 + suitesAt + 2).kind, 'notThis');
  });

  it('says so of a hello truncated inside, when the lengths around it agree', () => {
    for (let length = 4; length < message.length; length++) {
      const body = message.subarray(4, length);
      // Without its extensions the hello is whole.
      const expected = length === extensionsAt ? 'decided' : 'notThis';
      assert.equal(parse(toRecords(handshakeMessage(1, body))).kind, expected, `cut to ${length} bytes`);
    }
  });

  it('gives up on a hello cut into more than 4096 records', () => {
    const large = buildClientHello({ extensions: [serverName(name), filler(21, 5000)] });
    const bytes = toRecords(large, { sizes: [1] });
    assert.equal(parseTlsClientHello(bytes, 0, 4096 * 6 - 1).kind, 'needMore');
    assert.equal(parseTlsClientHello(bytes, 0, 4096 * 6).kind, 'notThis');
    const inTwos = toRecords(large, { sizes: [2] });
    assert.deepEqual(parse(inTwos), decidedAs(name));
  });
});

describe('parseTlsClientHello on any bytes', () => {
  it('never throws and never takes back a decision', () => {
    const prefix = fc.constantFrom('', '16', '1603', '160301', '16030100ff010000fb0303', '1603010001011603010001');
    fc.assert(
      fc.property(prefix, fc.uint8Array({ maxLength: 400 }), (start, rest) => {
        decideEveryPrefix(detectTls, Buffer.concat([Buffer.from(start, 'hex'), rest]));
      }),
      { numRuns: 500 },
    );
  });

  it('finds the name whatever extensions surround it and however records cut it', () => {
    const extension = fc.record({
      type: fc.integer({ min: 22, max: 0xffff }),
      content: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    });
    const surroundings = fc.array(extension, { maxLength: 8 });
    const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(surroundings, surroundings, sizes, (before, after, sizes) => {
        const extensions = [...before, serverName(name), ...after, alpnExtension(['h2'])];
        const flight = Buffer.concat([
          toRecords(buildClientHello({ extensions }), { sizes }),
          uint16(0x1403),
          withLength16(uint16(1)),
        ]);
        assert.deepEqual(parse(flight), decidedAs(name, ['h2']));
        assert.deepEqual(decideEveryPrefix(detectTls, flight), { protocol: 'TLS', sni: name, alpn: ['h2'] });
      }),
      { numRuns: 200 },
    );
  });

  it('keeps nothing of the buffer: the decision outlives the bytes', () => {
    const bytes = helloFor(name, ['h2']);
    const verdict = parse(bytes);
    bytes.fill(0);
    assert.deepEqual(verdict, decidedAs(name, ['h2']));
  });
});
