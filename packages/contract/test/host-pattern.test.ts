import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseHostName, parseHostPattern } from '../src/host-pattern.ts';
import { saidOf } from './said-of.ts';

test('makes names canonical: lower case, no trailing dot', () => {
  const expected: Readonly<Record<string, string>> = {
    'WWW.Example.COM.': 'www.example.com',
    '*.Example.com': '*.example.com',
    '*.com': '*.com',
    localhost: 'localhost',
    '_acme-challenge.example.com': '_acme-challenge.example.com',
    'xn--mnchen-3ya.de': 'xn--mnchen-3ya.de',
    '1.example': '1.example',
  };
  for (const [text, canonical] of Object.entries(expected))
    assert.deepEqual(parseHostPattern(text), { kind: 'valid', value: canonical });
});

test('refuses what could never match a name, and says what to write', () => {
  const expected: Readonly<Record<string, RegExp>> = {
    '*': /^would match every name/,
    'a*.example.com': /^has a \* that is not its whole first label/,
    '*.*.example.com': /^has a \* that is not its whole first label/,
    'www.*.com': /^has a \* that is not its whole first label/,
    '10.0.0.1': /^is an address, not a host name/,
    '*.10.0.0.1': /^is an address, not a host name/,
    '[::1]': /^is an address, not a host name/,
    '1.2.3': /^ends in a number/,
    'a.0x7f': /^ends in a number/,
    'a..b': /^is not a host name/,
    '.': /^is not a host name/,
    '*.': /^is not a host name/,
    '-a.b': /^is not a host name/,
    'a-.b': /^is not a host name/,
    'a b': /^is not a host name/,
    'a:443': /^is not a host name/,
    ['a'.repeat(64)]: /^is not a host name/,
    [`${'a.'.repeat(126)}aa`]: /^is longer than 253 characters/,
    'münchen.de': /\(write its A-label, xn--mnchen-3ya\.de\)$/,
    '*.münchen.de': /\(write its A-label, \*\.xn--mnchen-3ya\.de\)$/,
    'a\u0000é': /\(write its A-label \(xn--…\)\)$/,
  };
  for (const [text, said] of Object.entries(expected)) assert.match(saidOf(parseHostPattern(text)), said, text);
});

test('a canonical name is its own canonical form', () => {
  fc.assert(
    fc.property(fc.oneof(fc.domain(), fc.string({ maxLength: 20 })), (text) => {
      const parsed = parseHostName(text);
      if (parsed.kind === 'valid') assert.deepEqual(parseHostName(parsed.value), parsed);
    }),
  );
});
