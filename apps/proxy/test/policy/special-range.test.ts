import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { specialRangeOf } from '../../src/policy/special-range.ts';
import type { IpAddress } from '../../src/routing/ip-address.ts';
import { parseIpAddress } from '../../src/routing/parse-ip-address.ts';

function address(text: string): IpAddress {
  const parsed = parseIpAddress(text);
  assert.ok(parsed, text);
  return parsed;
}

/** First and last of each range, and the public neighbours on both sides. */
const expectations = {
  Loopback: ['127.0.0.0', '127.0.0.1', '127.255.255.255', '::1'],
  Unspecified: ['0.0.0.0', '0.0.0.1', '0.255.255.255', '::'],
  LinkLocal: ['169.254.0.0', '169.254.255.255', 'fe80::', 'fe80::1', 'febf:ffff::'],
  Private: [
    ...['10.0.0.0', '10.255.255.255', '172.16.0.0', '172.31.255.255', '192.168.0.0', '192.168.255.255'],
    ...['100.64.0.0', '100.127.255.255', 'fc00::', 'fdff:ffff::1', 'fec0::1', '64:ff9b:1::a9fe:a9fe'],
  ],
  Metadata: [
    '169.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    '192.0.0.192',
    '168.63.129.16',
    'fd00:ec2::254',
    'fd20:ce::254',
  ],
  Multicast: ['224.0.0.0', '239.255.255.255', 'ff00::', 'ff02::1'],
  Reserved: [
    ...['192.0.0.0', '192.0.0.255', '192.88.99.1', '198.18.0.0', '198.19.255.255', '240.0.0.0', '255.255.255.255'],
    ...['::2', '::8.8.8.8', '100::1', '1fff::', '4000::', '5f00::1', '9999::', 'fe00::1', '2001:2::1', '2001:1ff::'],
  ],
} as const;

const publicAddresses = [
  ...[
    '1.0.0.0',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
  ],
  ...['169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0', '192.0.1.0', '192.167.255.255', '192.169.0.0'],
  ...['198.17.255.255', '198.20.0.0', '203.0.113.1', '223.255.255.255', '168.63.129.15'],
  ...['2000::', '2001:200::', '2001:4860:4860::8888', '3fff:ffff::', '2a00::1', '64:ff9b::8.8.8.8', '2001::1'],
];

describe('specialRangeOf', () => {
  for (const [kind, texts] of Object.entries(expectations)) {
    it(`calls these ${kind}: ${texts.join(' ')}`, () => {
      for (const text of texts) assert.equal(specialRangeOf(address(text), [])?.kind, kind, text);
    });
  }

  it('leaves public addresses, the neighbours of the ranges among them', () => {
    for (const text of publicAddresses) assert.equal(specialRangeOf(address(text), []), undefined, text);
  });

  it("calls the proxy's public addresses its own, and keeps the range of its others", () => {
    const own = [address('203.0.113.9'), address('10.0.0.9')];
    assert.equal(specialRangeOf(address('203.0.113.9'), own)?.kind, 'OwnAddress');
    assert.equal(specialRangeOf(address('203.0.113.8'), own), undefined);
    assert.equal(specialRangeOf(address('10.0.0.9'), own)?.kind, 'Private');
  });
});
