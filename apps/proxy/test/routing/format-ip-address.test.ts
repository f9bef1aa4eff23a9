import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { formatIpAddress, formatSocketAddress } from '../../src/routing/format-ip-address.ts';
import { ipv4Address, ipv6Address, isIpv4Mapped } from '../../src/routing/ip-address.ts';

describe('formatIpAddress', () => {
  const cases = [
    [ipv4Address(0xc0000201), '192.0.2.1'],
    [ipv4Address(-1), '255.255.255.255'],
    [ipv6Address(0, 0, 0, 0), '::'],
    [ipv6Address(0, 0, 0, 1), '::1'],
    [ipv6Address(0x10000, 0, 0, 0), '1::'],
    [ipv6Address(0x20010db8, 0, 0, 0x10001), '2001:db8::1:1'],
    // RFC 5952 section 4.2.2: one zero group is not shortened; 4.2.3: the longest run, the first of equals.
    [ipv6Address(0x20010db8, 0x00000001, 0x00010001, 0x00010001), '2001:db8:0:1:1:1:1:1'],
    [ipv6Address(0x20010000, 0x00000001, 0x00000000, 0x00000001), '2001:0:0:1::1'],
    [ipv6Address(0x20010db8, 0x00000000, 0x00010000, 0x00000001), '2001:db8::1:0:0:1'],
    [ipv6Address(0, 0, 0xffff, 0xc0000201), '::ffff:192.0.2.1'],
    [ipv6Address(0xabcdef01, 0x23456789, 0xabcdef01, 0x23456789), 'abcd:ef01:2345:6789:abcd:ef01:2345:6789'],
  ] as const;
  for (const [address, text] of cases) {
    it(`writes ${text}`, () => {
      assert.equal(formatIpAddress(address), text);
    });
  }

  it('agrees with the WHATWG serialiser but for the dotted tail of mapped addresses', () => {
    const word = fc.oneof(fc.integer(), fc.constantFrom(0, 1, 0x10000, -1));
    fc.assert(
      fc.property(word, word, word, word, (a, b, c, d) => {
        const address = ipv6Address(a, b, c, d);
        fc.pre(!isIpv4Mapped(address));
        const groups = [a, b, c, d].flatMap((w) => [w >>> 16, w & 0xffff]).map((g) => g.toString(16));
        assert.equal(`[${formatIpAddress(address)}]`, new URL(`http://[${groups.join(':')}]/`).hostname);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('formatSocketAddress', () => {
  it('puts IPv6 in brackets', () => {
    assert.equal(formatSocketAddress(ipv4Address(0x7f000001), 443), '127.0.0.1:443');
    assert.equal(formatSocketAddress(ipv6Address(0, 0, 0, 1), 65535), '[::1]:65535');
  });
});
