import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { cidrContains, formatCidr, hostCidr, isCidrWithin, parseCidr, requireCidr } from '../../src/routing/cidr.ts';
import { formatIpAddress } from '../../src/routing/format-ip-address.ts';
import { type IpAddress, ipv4Address, ipv6Address } from '../../src/routing/ip-address.ts';
import { parseIpAddress } from '../../src/routing/parse-ip-address.ts';

function address(text: string): IpAddress {
  const parsed = parseIpAddress(text);
  assert.ok(parsed, text);
  return parsed;
}

describe('parseCidr', () => {
  const readings = [
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['192.0.2.1', '192.0.2.1/32'],
    ['2001:DB8::1/32', '2001:db8::/32'],
    ['2001:db8::1', '2001:db8::1/128'],
    ['::/0', '::/0'],
    ['::ffff:10.1.2.3/104', '10.0.0.0/8'],
    ['::ffff:0.0.0.0/96', '0.0.0.0/0'],
    ['::ffff:0:0/95', '::fffe:0:0/95'],
  ] as const;
  for (const [text, canonical] of readings) {
    it(`reads ${text} as ${canonical}`, () => {
      assert.equal(formatCidr(requireCidr(text)), canonical);
    });
  }

  it('refuses a length that is none or too long, and an address that is none', () => {
    for (const text of [
      '',
      '/',
      '/8',
      '10.0.0.0/',
      '10.0.0.0/33',
      '::/129',
      '10.0.0.0/08',
      '10.0.0.0/+8',
      '10.0.0.0/8/8',
      '10.0.0.0/8 ',
      '10/8',
      'a/8',
    ]) {
      assert.equal(parseCidr(text), undefined, text);
      assert.throws(() => requireCidr(text), { name: 'CidrSyntaxError', code: 'CidrSyntax', text });
    }
  });
});

describe('cidrContains', () => {
  it('holds the first and the last address of a block and not their neighbours', () => {
    const block = requireCidr('172.16.0.0/12');
    assert.equal(cidrContains(block, address('172.16.0.0')), true);
    assert.equal(cidrContains(block, address('172.31.255.255')), true);
    assert.equal(cidrContains(block, address('172.15.255.255')), false);
    assert.equal(cidrContains(block, address('172.32.0.0')), false);
  });

  it('keeps the families apart, whatever the length', () => {
    assert.equal(cidrContains(requireCidr('::/0'), address('10.0.0.1')), false);
    assert.equal(cidrContains(requireCidr('0.0.0.0/0'), address('::1')), false);
  });

  it('agrees with a comparison bit by bit', () => {
    const words = fc.tuple(fc.integer(), fc.integer(), fc.integer(), fc.integer());
    const bit = fc.integer({ min: 0, max: 127 });
    fc.assert(
      fc.property(words, bit, fc.integer({ min: 0, max: 128 }), ([a, b, c, d], flipped, length) => {
        const flip = (word: number, index: number): number =>
          index === flipped >>> 5 ? word ^ (1 << (31 - (flipped & 31))) : word;
        const block = requireCidr(`${formatIpAddress(ipv6Address(a, b, c, d))}/${length}`);
        fc.pre(block.network.family === 6);
        assert.equal(cidrContains(block, ipv6Address(a, b, c, d)), true);
        const other = ipv6Address(flip(a, 0), flip(b, 1), flip(c, 2), flip(d, 3));
        assert.equal(cidrContains(block, other), flipped >= length);
      }),
    );
  });
});

describe('isCidrWithin', () => {
  it('is true for the same and for narrower blocks only', () => {
    const outer = requireCidr('10.0.0.0/8');
    assert.equal(isCidrWithin(requireCidr('10.0.0.0/8'), outer), true);
    assert.equal(isCidrWithin(requireCidr('10.9.0.0/16'), outer), true);
    assert.equal(isCidrWithin(hostCidr(ipv4Address(0x0a000001)), outer), true);
    assert.equal(isCidrWithin(requireCidr('10.0.0.0/7'), outer), false);
    assert.equal(isCidrWithin(requireCidr('11.0.0.0/16'), outer), false);
    assert.equal(isCidrWithin(requireCidr('::/8'), requireCidr('0.0.0.0/0')), false);
  });
});
