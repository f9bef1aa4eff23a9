import assert from 'node:assert/strict';
import net from 'node:net';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { formatIpAddress } from '../../src/routing/format-ip-address.ts';
import { ipv4Address, ipv6Address } from '../../src/routing/ip-address.ts';
import { parseIpAddress } from '../../src/routing/parse-ip-address.ts';

describe('parseIpAddress', () => {
  it('reads dotted quads', () => {
    assert.deepEqual(parseIpAddress('0.0.0.0'), ipv4Address(0));
    assert.deepEqual(parseIpAddress('192.0.2.33'), ipv4Address(0xc0000221));
    assert.deepEqual(parseIpAddress('255.255.255.255'), ipv4Address(-1));
  });

  it('reads every form of IPv6 text', () => {
    const expected = ipv6Address(0x20010db8, 0, 0, 0x1);
    for (const text of ['2001:db8::1', '2001:0DB8:0:0:0:0:0:1', '2001:db8:0:0::0:1', '2001:db8::0.0.0.1']) {
      assert.deepEqual(parseIpAddress(text), expected, text);
    }
    assert.deepEqual(parseIpAddress('::'), ipv6Address(0, 0, 0, 0));
    assert.deepEqual(parseIpAddress('1::'), ipv6Address(0x10000, 0, 0, 0));
    assert.deepEqual(parseIpAddress('1:2:3:4:5:6:7::'), ipv6Address(0x10002, 0x30004, 0x50006, 0x70000));
    assert.deepEqual(parseIpAddress('::ffff:192.0.2.1'), ipv6Address(0, 0, 0xffff, 0xc0000201));
    assert.deepEqual(parseIpAddress('1:2:3:4:5:6:1.2.3.4'), ipv6Address(0x10002, 0x30004, 0x50006, 0x01020304));
  });

  const refused = [
    ['octal', '0177.0.0.1', '010.0.0.1', '127.0.0.01', '00.0.0.0'],
    ['hexadecimal', '0x7f.0.0.1', '0x7f000001', '7f.0.0.1'],
    ['short', '127.1', '127.0.1', '127', '2130706433', '1.2.3'],
    ['out of range', '256.0.0.1', '1.2.3.999', '1.2.3.4.5', '::12345', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7'],
    ['empty parts', '', '.', '1..2.3', '1.2.3.', '.1.2.3.4', ':', ':::', '1:', ':1', '1:::2', '1::2::3'],
    ['a gap for nothing', '1:2:3:4:5:6:7::8', '1::2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8::'],
    [
      'decorated',
      '[::1]',
      '::1%lo',
      'fe80::1%25eth0',
      '127.0.0.1:80',
      ' 127.0.0.1',
      '127.0.0.1 ',
      '127.0.0.1\0',
      '+1.2.3.4',
    ],
    ['other digits', '１２７.0.0.1', '127。0。0。1', '::１'],
    [
      'a dotted part that is not last',
      '1.2.3.4::',
      '::1.2.3.4:5',
      '1.2.3.4:5::6',
      '::1.2.3',
      '::0177.0.0.1',
      '::256.1.1.1',
    ],
  ] as const;
  for (const [kind, ...texts] of refused) {
    it(`refuses text that is ${kind}`, () => {
      for (const text of texts) assert.equal(parseIpAddress(text), undefined, JSON.stringify(text));
    });
  }

  it('accepts what inet_pton accepts and nothing else', () => {
    const nearlyAddress = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcf:.')), maxLength: 24 }),
      fc
        .array(fc.constantFrom('0', '1', '00', '255', '256', 'ffff', ':', '::', '.', '1.2.3.4', 'g', '%'), {
          maxLength: 17,
        })
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(nearlyAddress, (text) => {
        const family = net.isIP(text.replace('%', 'x'));
        assert.equal(parseIpAddress(text)?.family ?? 0, family);
      }),
      { numRuns: 5000 },
    );
  });

  it('reads back what was formatted', () => {
    const word = fc.oneof(fc.integer(), fc.constantFrom(0, 1, -1, 0xffff, 0x10000));
    fc.assert(
      fc.property(word, word, word, word, (a, b, c, d) => {
        const address = ipv6Address(a, b, c, d);
        assert.deepEqual(parseIpAddress(formatIpAddress(address)), address);
        assert.deepEqual(parseIpAddress(formatIpAddress(ipv4Address(a))), ipv4Address(a));
      }),
      { numRuns: 2000 },
    );
  });
});
