import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { formatIpAddress, isIpv4Mapped, parseIpAddress } from '../src/ip-address.ts';

const nearlyAddresses = fc
  .array(fc.constantFrom('0', '1', '255', '256', '01', 'f', 'ffff', '12345', ':', '::', '.', 'g', '%', ' '), {
    maxLength: 16,
  })
  .map((parts) => parts.join(''));

test('accepts exactly what the platform takes for an address, zones aside', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), nearlyAddresses, fc.string()), (text) => {
      const family = text.includes('%') ? 0 : isIP(text);
      assert.equal(parseIpAddress(text)?.family ?? 0, family, text);
    }),
    { numRuns: 5000 },
  );
});

test('writes addresses as RFC 5952 does', () => {
  const expected: Readonly<Record<string, string>> = {
    '2001:0DB8:0:0:0:0:0:1': '2001:db8::1',
    '2001:db8:0:1:1:1:1:1': '2001:db8:0:1:1:1:1:1',
    '2001:0:0:1:0:0:0:1': '2001:0:0:1::1',
    '2001:db8:0:0:1:0:0:1': '2001:db8::1:0:0:1',
    '0:0:0:0:0:0:0:0': '::',
    '1:0:0:0:0:0:0:0': '1::',
    '::ffff:10.0.0.1': '::ffff:a00:1',
    '192.0.2.1': '192.0.2.1',
  };
  for (const [text, canonical] of Object.entries(expected)) {
    const address = parseIpAddress(text);
    assert.ok(address !== null, text);
    assert.equal(formatIpAddress(address), canonical);
  }
});

test('the canonical spelling names the same address', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const address = parseIpAddress(text);
      assert.ok(address !== null);
      assert.deepEqual(parseIpAddress(formatIpAddress(address)), address);
    }),
  );
});

test('tells IPv4-mapped addresses from others', () => {
  const mapped = ['::ffff:10.0.0.1', '::ffff:a00:1'].map(parseIpAddress);
  const others = ['::1', '::fffe:10.0.0.1', '1::ffff:10.0.0.1', '10.0.0.1'].map(parseIpAddress);
  assert.ok(mapped.every((address) => address !== null && isIpv4Mapped(address)));
  assert.ok(others.every((address) => address !== null && !isIpv4Mapped(address)));
});
