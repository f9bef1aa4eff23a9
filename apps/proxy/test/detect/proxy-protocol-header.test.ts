import * as fc from 'fast-check';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32cWithHole } from '../../src/detect/crc32c.ts';
import { parseProxyProtocolHeader } from '../../src/detect/proxy-protocol-header.ts';
import { uint16, withLength16 } from './client-hello-builder.ts';
import { decidedAfter, kindOf } from './verdict-of-text.ts';

const client = 'GET / HTTP/1.1\r\n';

function parse(header: Buffer): unknown {
  const bytes = Buffer.concat([Buffer.from('before'), header, Buffer.from(client)]);
  const verdict = parseProxyProtocolHeader(bytes, 6, bytes.length);
  return verdict.kind === 'decided' ? verdict.value : verdict.kind;
}

function addresses(source: string, destination: string): object {
  const at = (text: string): object => {
    const colon = text.lastIndexOf(':');
    return { address: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
  };
  return { source: at(source), destination: at(destination) };
}

const nobody = { source: null, destination: null };

describe('PROXY protocol version 1', () => {
  const lines: readonly (readonly [string, object])[] = [
    ['PROXY TCP4 192.0.2.1 198.51.100.9 56324 443', addresses('192.0.2.1:56324', '198.51.100.9:443')],
    ['PROXY TCP4 0.0.0.0 255.255.255.255 0 65535', addresses('0.0.0.0:0', '255.255.255.255:65535')],
    ['PROXY TCP6 2001:db8::1 2001:DB8:0:0:0:0:0:2 1 2', addresses('2001:db8::1:1', '2001:db8::2:2')],
    ['PROXY TCP6 ::ffff:192.0.2.1 ::FFFF:c000:202 1 2', addresses('192.0.2.1:1', '192.0.2.2:2')],
    ['PROXY UNKNOWN', nobody],
    ['PROXY UNKNOWN ffff:f...f:ffff what ever 65535 65535', nobody],
    [`PROXY UNKNOWN ${'x'.repeat(91)}`, nobody],
  ];
  for (const [line, expected] of lines) {
    it(`reads ${line.slice(0, 60)}`, () => {
      const header = `${line}\r\n`;
      assert.deepEqual(parse(Buffer.from(header)), { length: header.length, ...expected });
      assert.deepEqual(decidedAfter(parseProxyProtocolHeader, header + client), {
        kind: 'decided',
        bytes: header.length,
      });
    });
  }

  const refused: readonly string[] = [
    'PROXY TCP4 192.0.2.999 198.51.100.9 1 2\r\n',
    'PROXY TCP4 192.0.02.1 198.51.100.9 1 2\r\n',
    'PROXY TCP4 192.0.2 198.51.100.9 1 2\r\n',
    'PROXY TCP4 ::1 ::1 1 2\r\n',
    'PROXY TCP6 192.0.2.1 198.51.100.9 1 2\r\n',
    'PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n',
    'PROXY TCP6 2001:db8::1::2 ::1 1 2\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.9 65536 2\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.9 1 -2\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.9 01 2\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.9 1\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.9 1 2 3\r\n',
    'PROXY TCP4  192.0.2.1 198.51.100.9 1 2\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.9 1 2 \r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.9 1 2\n',
    'PROXY TCP4 192.0.2.1 198.51.100.9 1 2\r\r\n',
    'PROXY TCP4\t192.0.2.1 198.51.100.9 1 2\r\n',
    'PROXY UDP4 192.0.2.1 198.51.100.9 1 2\r\n',
    'PROXY UNKNOWNX\r\n',
    'PROXY \r\n',
    'PROXY\r\n',
    'proxy TCP4 192.0.2.1 198.51.100.9 1 2\r\n',
    `PROXY UNKNOWN ${'x'.repeat(92)}\r\n`,
    client,
  ];
  for (const line of refused) {
    it(`refuses ${JSON.stringify(line.slice(0, 60))}`, () => {
      assert.equal(decidedAfter(parseProxyProtocolHeader, line).kind, 'notThis');
    });
  }

  it('refuses other first bytes at the first that differs', () => {
    assert.deepEqual(decidedAfter(parseProxyProtocolHeader, 'PUT / HTTP/1.1\r\n'), { kind: 'notThis', bytes: 2 });
    assert.deepEqual(decidedAfter(parseProxyProtocolHeader, '\x16\x03\x01'), { kind: 'notThis', bytes: 1 });
  });

  it('gives up at 107 bytes without a line end', () => {
    const endless = `PROXY TCP6 ${'f'.repeat(200)}`;
    assert.equal(kindOf(parseProxyProtocolHeader, endless.slice(0, 106)), 'needMore');
    assert.equal(kindOf(parseProxyProtocolHeader, endless.slice(0, 107)), 'notThis');
  });
});

const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const ipv4 = Buffer.from('c0000201c6336409dc0401bb', 'hex');
const ipv6 = Buffer.from(`20010db8${'00'.repeat(11)}0120010db8${'00'.repeat(11)}02dc0401bb`, 'hex');
const mapped = Buffer.from(`${'00'.repeat(10)}ffffc0000201${'00'.repeat(10)}ffffc6336409dc0401bb`, 'hex');

function v2(command: number, family: number, ...body: readonly Buffer[]): Buffer {
  return Buffer.concat([signature, Buffer.of(command, family), withLength16(Buffer.concat(body))]);
}

function tlv(type: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.of(type), withLength16(value)]);
}

/** With a CRC32c TLV that holds, between two others. */
function withChecksum(): Buffer {
  const header = v2(
    0x21,
    0x11,
    ipv4,
    tlv(0x01, Buffer.from('h2')),
    tlv(0x03, Buffer.alloc(4)),
    tlv(0x04, Buffer.alloc(9)),
  );
  const value = 16 + 12 + 5 + 3;
  header.writeUInt32BE(crc32cWithHole(header, 0, header.length, value), value);
  return header;
}

describe('PROXY protocol version 2', () => {
  const from4 = addresses('192.0.2.1:56324', '198.51.100.9:443');
  const awsEndpoint = tlv(0xea, Buffer.from('\x01vpce-08d2bf15fac5001c9', 'latin1'));
  const headers: readonly (readonly [string, Buffer, object])[] = [
    ['TCP over IPv4', v2(0x21, 0x11, ipv4), from4],
    ['UDP over IPv4', v2(0x21, 0x12, ipv4), from4],
    ['TCP over IPv6', v2(0x21, 0x21, ipv6), addresses('2001:db8::1:56324', '2001:db8::2:443')],
    ['IPv4-mapped IPv6', v2(0x21, 0x21, mapped), from4],
    ['unix sockets', v2(0x21, 0x31, Buffer.alloc(216, 0x2f)), nobody],
    ['unspecified addresses', v2(0x21, 0x00), nobody],
    ['LOCAL without a body', v2(0x20, 0x00), nobody],
    ['LOCAL with a body that is to be ignored', v2(0x20, 0x77, Buffer.alloc(40, 0xff)), nobody],
    ['the TLV of an AWS VPC endpoint', v2(0x21, 0x11, ipv4, awsEndpoint), from4],
    ['the TLV of a GCP service connection', v2(0x21, 0x11, ipv4, tlv(0xe0, Buffer.alloc(8, 1))), from4],
    ['TLVs of 1 KB', v2(0x21, 0x11, ipv4, tlv(0x20, Buffer.alloc(1000)), tlv(0x05, Buffer.alloc(21))), from4],
    ['a TLV of 4 KB', v2(0x21, 0x11, ipv4, tlv(0x20, Buffer.alloc(4096))), from4],
    ['an empty TLV', v2(0x21, 0x11, ipv4, tlv(0x04, Buffer.alloc(0))), from4],
    ['a checksum that holds', withChecksum(), from4],
  ];
  for (const [title, header, expected] of headers) {
    it(`reads ${title}`, () => {
      assert.deepEqual(parse(header), { length: header.length, ...expected });
      assert.equal(decidedAfter(parseProxyProtocolHeader, header.toString('latin1')).bytes, header.length);
    });
  }

  const wrongChecksum = withChecksum();
  wrongChecksum[16] = 0xc1;
  const refused: readonly (readonly [string, Buffer])[] = [
    ['version 1 in binary', v2(0x11, 0x11, ipv4)],
    ['command 2', v2(0x22, 0x11, ipv4)],
    ['family 4', v2(0x21, 0x41, ipv4)],
    ['transport 3', v2(0x21, 0x13, ipv4)],
    ['a family without a transport', v2(0x21, 0x10, ipv4)],
    ['addresses shorter than their family', v2(0x21, 0x21, ipv4)],
    ['no addresses', v2(0x21, 0x11)],
    ['an overrunning TLV', v2(0x21, 0x11, ipv4, Buffer.from('0400056162', 'hex'))],
    ['half a TLV header', v2(0x21, 0x11, ipv4, Buffer.from('0400', 'hex'))],
    ['a wrong checksum', wrongChecksum],
    ['a checksum of three bytes', v2(0x21, 0x11, ipv4, tlv(0x03, Buffer.alloc(3)))],
    ['a body over 8 KiB', Buffer.concat([signature, Buffer.of(0x21, 0x11), uint16(8193)])],
    ['a LOCAL body over 8 KiB', Buffer.concat([signature, Buffer.of(0x20, 0x00), uint16(8193)])],
    ['a wrong signature', Buffer.from('0d0a0d0a000d0a515549540b', 'hex')],
    ['line ends before a request', Buffer.from(`\r\n\r\n${client}`)],
  ];
  for (const [title, header] of refused) {
    it(`refuses ${title}`, () => {
      assert.equal(decidedAfter(parseProxyProtocolHeader, header.toString('latin1')).kind, 'notThis');
    });
  }

  it('checks every checksum of several', () => {
    const header = v2(0x21, 0x11, ipv4, tlv(0x03, Buffer.alloc(4)), tlv(0x03, Buffer.alloc(4)));
    header.writeUInt32BE(crc32cWithHole(header, 0, header.length, 31), 31);
    assert.equal(parse(header), 'notThis');
  });

  it('needs more of every beginning', () => {
    const header = v2(0x21, 0x11, ipv4, tlv(0x20, Buffer.alloc(700)));
    assert.deepEqual(decidedAfter(parseProxyProtocolHeader, header.toString('latin1')), {
      kind: 'decided',
      bytes: header.length,
    });
  });

  it('writes each address one way: version 1 and 2 agree on any pair', () => {
    const port = fc.integer({ min: 0, max: 65_535 });
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), port, (address, port) => {
        const bytes = Buffer.from(address);
        const groups = Array.from({ length: 8 }, (_, index) =>
          bytes
            .readUInt16BE(2 * index)
            .toString(16)
            .padStart(4, '0'),
        );
        const text = Buffer.from(`PROXY TCP6 ${groups.join(':')} ::1 ${port} 1\r\n`);
        const binary = v2(0x21, 0x21, bytes, Buffer.alloc(15), Buffer.of(1), uint16(port), uint16(1));
        assert.deepEqual(parse(text), { ...Object(parse(binary)), length: text.length });
      }),
    );
  });
});

it('parseProxyProtocolHeader never throws and never takes back a verdict on any bytes', () => {
  const start = fc.constantFrom(
    '',
    'PROXY ',
    'PROXY TCP4 ',
    'PROXY UNKNOWN',
    v2(0x21, 0x11, ipv4).toString('latin1').slice(0, 14),
  );
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 150 }), (start, rest) => {
      decidedAfter(parseProxyProtocolHeader, start + Buffer.from(rest).toString('latin1'));
    }),
    { numRuns: 3000 },
  );
});
