import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseCidr } from '../src/cidr.ts';
import { saidOf } from './said-of.ts';

test('reads networks and writes them canonically', () => {
  const expected: Readonly<Record<string, string>> = {
    '10.0.0.0/8': '10.0.0.0/8',
    '0.0.0.0/0': '0.0.0.0/0',
    '10.1.2.3/32': '10.1.2.3/32',
    '::/0': '::/0',
    '2001:DB8:0::/48': '2001:db8::/48',
    'fe80::/10': 'fe80::/10',
    '10.128.0.0/9': '10.128.0.0/9',
  };
  for (const [text, canonical] of Object.entries(expected)) {
    const parsed = parseCidr(text);
    assert.equal(parsed.kind === 'valid' && parsed.value.text, canonical);
  }
});

test('refuses what is not one network and proposes the one that may be meant', () => {
  const expected: Readonly<Record<string, string>> = {
    '10.1.2.3/8':
      'has bits set beyond its prefix (write 10.0.0.0/8 for the network or 10.1.2.3/32 for the one address)',
    '2001:db8::1/64':
      'has bits set beyond its prefix (write 2001:db8::/64 for the network or 2001:db8::1/128 for the one address)',
    '10.0.0.1': 'has no prefix length (write 10.0.0.1/32 for this one address)',
    '10.0.0.0/33': 'has no valid prefix length (write a number from 0 to 32 after the slash)',
    '10.0.0.0/08': 'has no valid prefix length (write a number from 0 to 32 after the slash)',
    '::/129': 'has no valid prefix length (write a number from 0 to 128 after the slash)',
    '::ffff:10.0.0.0/104': 'is an IPv4 network written as IPv6 (write it as IPv4, e.g. 10.0.0.0/8)',
    '010.0.0.0/8': 'is not a network in CIDR notation (write it as 10.0.0.0/8 or 2001:db8::/32)',
    'example.com/8': 'is not a network in CIDR notation (write it as 10.0.0.0/8 or 2001:db8::/32)',
  };
  for (const [text, said] of Object.entries(expected)) assert.equal(saidOf(parseCidr(text)), said, text);
});

test('a network proposed for host bits holds the address it was made from', () => {
  const address = fc.oneof(
    fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 31 })),
    fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 127 })),
  );
  fc.assert(
    fc.property(address, ([host, length]) => {
      const parsed = parseCidr(`${host}/${length}`);
      const network =
        parsed.kind === 'valid' ? parsed.value.text : (/write (\S+) for the network/.exec(parsed.remedy)?.[1] ?? '');
      fc.pre(network !== '');
      const [base = '', bits = ''] = network.split('/');
      const family = host.includes(':') ? 'ipv6' : 'ipv4';
      const list = new BlockList();
      list.addSubnet(base, Number(bits), family);
      assert.ok(list.check(host, family));
    }),
  );
});
