import assert from 'node:assert/strict';
import { test } from 'node:test';
import { laterEndpointSchemes, maxUnixPathBytes, parseEndpointUrl } from '../src/endpoint-url.ts';
import { saidOf } from './said-of.ts';

test('takes apart every form of endpoint', () => {
  const expected: Readonly<Record<string, object>> = {
    'tcp://10.0.0.7:443': { kind: 'tcp', host: '10.0.0.7', port: 443, family: 4 },
    'tcp://[2001:db8::1]:443': { kind: 'tcp', host: '2001:db8::1', port: 443, family: 6 },
    'tcp://Web.Internal.:443': { kind: 'tcp', host: 'web.internal', port: 443, family: 0 },
    'tcp4://web.internal:1': { kind: 'tcp', host: 'web.internal', port: 1, family: 4 },
    'tcp6://web.internal:65535': { kind: 'tcp', host: 'web.internal', port: 65_535, family: 6 },
    'unix:///run/app.sock': { kind: 'unix', path: '/run/app.sock' },
    'unix:/run/app.sock': { kind: 'unix', path: '/run/app.sock' },
    'unix:////run/app.sock': { kind: 'unix', path: '//run/app.sock' },
    'unix:///run/a b?c#d%20.sock': { kind: 'unix', path: '/run/a b?c#d%20.sock' },
  };
  for (const [text, value] of Object.entries(expected))
    assert.deepEqual(parseEndpointUrl(text), { kind: 'valid', value }, text);
});

test('counts the path of a Unix socket in bytes', () => {
  assert.equal(parseEndpointUrl(`unix:///${'a'.repeat(maxUnixPathBytes - 1)}`).kind, 'valid');
  assert.match(
    saidOf(parseEndpointUrl(`unix:///${'é'.repeat(54)}`)),
    /^has a path of 109 bytes \(use at most 107 bytes\)$/,
  );
});

test('refuses schemes of later versions by name', () => {
  for (const scheme of laterEndpointSchemes) {
    assert.match(
      saidOf(parseEndpointUrl(`${scheme}://host:1`)),
      new RegExp(`^has scheme ${scheme}://, which is not supported yet`),
    );
  }
});

test('refuses everything else and says why', () => {
  const expected: Readonly<Record<string, RegExp>> = {
    '10.0.0.7:443': /^is not an endpoint URL/,
    'web:443': /^is not an endpoint URL/,
    'gopher://a:1': /^has the unknown scheme gopher:/,
    'TCP://a:1': /^has the unknown scheme TCP:/,
    'tcp://a': /^has no port/,
    'tcp://a:0': /^has port 0 \(/,
    'tcp://a:70000': /^has port 70000, above 65535/,
    'tcp://a:443/': /^has something after host:port/,
    'tcp://a:443?x': /^has something after host:port/,
    'tcp://u@a:443': /^has a user name/,
    'tcp://::1:443': /^has an IPv6 address without brackets/,
    'tcp://[a]:443': /^has brackets around what is no IPv6 address/,
    'tcp://[10.0.0.1]:443': /^has brackets around an IPv4 address/,
    'tcp4://[::1]:443': /^has an IPv6 address under tcp4:/,
    'tcp6://10.0.0.1:443': /^has an IPv4 address under tcp6:/,
    'tcp://10.0.0.256:443': /^ends in a number/,
    'tcp://a_b c:1': /^is not a host name/,
    'unix://run/app.sock': /^has no absolute path/,
    'unix://': /^has no absolute path/,
    'unix:/': /^names a directory/,
    'unix:@abstract': /^is an abstract socket, which is not supported yet/,
    'unix:///run/': /^names a directory/,
    'unix:///a\u0000b': /^has a control character/,
  };
  for (const [text, said] of Object.entries(expected)) assert.match(saidOf(parseEndpointUrl(text)), said, text);
});
