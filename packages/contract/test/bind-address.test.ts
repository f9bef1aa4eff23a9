import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBindAddress } from '../src/bind-address.ts';
import { saidOf } from './said-of.ts';

test('reads an IP literal and a port, 0 included', () => {
  assert.deepEqual(parseBindAddress('0.0.0.0:443'), {
    kind: 'valid',
    value: { host: '0.0.0.0', port: 443, family: 4, canonical: '0.0.0.0:443' },
  });
  assert.deepEqual(parseBindAddress('[0:0::1]:0'), {
    kind: 'valid',
    value: { host: '0:0::1', port: 0, family: 6, canonical: '[::1]:0' },
  });
  assert.equal(parseBindAddress('127.0.0.1:65535').kind, 'valid');
});

test('refuses everything else and says what to write', () => {
  const expected: Readonly<Record<string, string>> = {
    'localhost:80': 'does not begin with an IP address (write 127.0.0.1:80 or [::1]:80)',
    ':443':
      'does not begin with an IP address (write 0.0.0.0:443 for every IPv4 address, [::]:443 for every IPv6 address)',
    '*:443':
      'does not begin with an IP address (write 0.0.0.0:443 for every IPv4 address, [::]:443 for every IPv6 address)',
    'example.com:443':
      'does not begin with an IP address (write the address itself: a listener binds IP addresses, not names)',
    '[fe80::1%eth0]:443':
      'does not begin with an IP address (scoped addresses are not supported: write the address without its zone)',
    '443': 'is a port without an address (write 127.0.0.1:443, 0.0.0.0:443 or [::]:443)',
    '127.0.0.1': 'has no port (write host:port, IPv6 in brackets)',
    '[::1]': 'has no port (write host:port, IPv6 in brackets)',
    '::1:443': 'has an IPv6 address without brackets (write it as [::1]:443)',
    '127.0.0.1:65536': 'has port 65536, above 65535 (use a port from 0 to 65535)',
    '127.0.0.1:080': 'is not host:port (write host:port with a port from 0 to 65535 in plain digits, IPv6 in brackets)',
    '127.0.0.1:http':
      'is not host:port (write host:port with a port from 0 to 65535 in plain digits, IPv6 in brackets)',
    '[127.0.0.1]:80': 'has brackets around an IPv4 address (write 127.0.0.1:80)',
    '[::ffff:10.0.0.1]:80': 'is an IPv4 address written as IPv6 (write 10.0.0.1:80)',
    '010.0.0.1:80':
      'does not begin with an IP address (write the address itself: a listener binds IP addresses, not names)',
  };
  for (const [text, said] of Object.entries(expected)) assert.equal(saidOf(parseBindAddress(text)), said, text);
});
