import { detectableProtocols, type DetectableProtocol } from '@sluice/contract/protocol.ts';
import * as fc from 'fast-check';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDetector } from '../../src/detect/detect-protocol.ts';
import type { Detected } from '../../src/detect/detection.ts';
import { buildClientHello, filler, helloFor, toRecords } from './client-hello-builder.ts';
import { decideEveryPrefix } from './decision-of-prefixes.ts';
import { loadFirstFlights } from './first-flight-corpus.ts';

const unknown: Detected = { protocol: 'Unknown' };

function detect(text: string, protocols: readonly DetectableProtocol[] = detectableProtocols): Detected | null {
  const bytes = Buffer.from(text, 'latin1');
  return createDetector(protocols)(bytes, 0, bytes.length);
}

describe('createDetector', () => {
  it('needs more before the first byte', () => {
    assert.equal(detect(''), null);
  });

  it('decides each protocol from its first bytes', () => {
    assert.deepEqual(detect(helloFor('a.example', ['h2']).toString('latin1')), {
      protocol: 'TLS',
      sni: 'a.example',
      alpn: ['h2'],
    });
    assert.deepEqual(detect('SSH-2.0-x'), { protocol: 'SSH' });
    assert.deepEqual(detect('GET / HTTP/1.1\r\n'), { protocol: 'HTTP' });
    assert.deepEqual(detect('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), { protocol: 'HTTP2' });
    assert.deepEqual(detect('\x04\x01\x00\x50\x0a\0\0\x01\0'), { protocol: 'SOCKS4' });
    assert.deepEqual(detect('\x05\x01\0'), { protocol: 'SOCKS5' });
  });

  it('is Unknown at the first byte that no protocol starts with', () => {
    for (const byte of ['\0', '\x01', '\x03', '\x15', '\x17', '\x80', '\xff', ' ', '"', '(', '/', '[', '{']) {
      assert.deepEqual(detect(byte), unknown, JSON.stringify(byte));
    }
  });

  it('is Unknown as soon as the last protocol that was possible is not', () => {
    assert.equal(detect('SS'), null);
    assert.equal(detect('SSL'), null, 'still a method token');
    assert.deepEqual(detect('SSL\n'), unknown);
    assert.equal(detect('PRI * HTTP/2.0\r\n'), null);
    assert.deepEqual(detect('PRI * HTTP/2.0\r\nHost: a\r\n'), unknown);
    assert.deepEqual(detect('PRI * HTTP/1.1\r\n'), { protocol: 'HTTP' });
  });

  it('finds nothing it was not asked to look for', () => {
    assert.deepEqual(detect('SSH-2.0-x', ['TLS']), unknown);
    assert.equal(detect('SSH-2.0-x', ['HTTP']), null, 'a method token so far');
    assert.deepEqual(detect('SSH-2.0-x\r\n', ['HTTP']), unknown);
    assert.deepEqual(detect('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', ['HTTP']), unknown);
    assert.deepEqual(detect('GET', ['HTTP2']), unknown);
    assert.deepEqual(detect('\x05\x01\0', ['SOCKS4', 'TLS']), unknown);
    assert.deepEqual(detect('anything', []), unknown);
  });

  it('looks for a protocol named twice once', () => {
    assert.deepEqual(detect('SSH-', ['SSH', 'SSH']), { protocol: 'SSH' });
  });

  it('decides each flight of the corpus or calls it Unknown, for every set of protocols', () => {
    const sets = Array.from({ length: 64 }, (_, bits) => detectableProtocols.filter((_, index) => (bits >> index) & 1));
    const detectors = sets.map((protocols) => ({
      protocols: new Set<string>(protocols),
      detect: createDetector(protocols),
    }));
    for (const { file, protocol, bytes } of loadFirstFlights()) {
      for (const { protocols, detect } of detectors) {
        const expected = protocols.has(protocol) ? protocol : 'Unknown';
        assert.equal(
          detect(bytes, 0, bytes.length)?.protocol,
          expected,
          `${file}, looking for ${[...protocols].join()}`,
        );
      }
    }
  });

  it('is Unknown beyond 64 KiB undecided, and not before', () => {
    // The hello alone is shorter; with the headers of its records it is not.
    const message = buildClientHello({ extensions: [filler(21, 65_000)] });
    const open = toRecords(message, { sizes: [64] });
    assert.ok(message.length < 65_536 && open.length > 65_537);
    const detectTls = createDetector(['TLS']);
    assert.equal(detectTls(open, 0, 65_536), null);
    assert.deepEqual(detectTls(open, 0, 65_537), unknown);
    assert.deepEqual(detectTls(open, 0, open.length), unknown);
  });

  it('decides any bytes alike however they are cut', () => {
    const all = createDetector(detectableProtocols);
    const start = fc.constantFrom(
      '',
      '\x16\x03\x01',
      '\x04\x01',
      '\x05',
      'SSH',
      'PRI * HTTP/2',
      'GET /',
      '\r\n',
      'POST / HTTP/1.',
    );
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 80 }), (start, rest) => {
        decideEveryPrefix(all, Buffer.concat([Buffer.from(start, 'latin1'), rest]));
      }),
      { numRuns: 3000 },
    );
  });
});
