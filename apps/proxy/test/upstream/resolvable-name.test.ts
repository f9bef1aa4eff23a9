import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isResolvableName } from '../../src/upstream/resolvable-name.ts';

describe('isResolvableName', () => {
  it('accepts host names, service names and a trailing dot', () => {
    const longest = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`;
    for (const name of [
      'localhost',
      'web.internal',
      'my_db-1.default.svc',
      'example.com.',
      'xn--bcher-kva.example',
      '4chan.org',
      '1.0x7f.com',
      longest,
    ]) {
      assert.equal(isResolvableName(name), true, name);
    }
  });

  it('refuses what getaddrinfo would read as an address', () => {
    for (const name of [
      '0177.1',
      '127.1',
      '2130706433',
      '0x7f.1',
      '0x7f000001',
      '1.2.3.0x4',
      '127.0.0.1.',
      '0x',
      'host.1',
      '::1',
      '[::1]',
    ]) {
      assert.equal(isResolvableName(name), false, name);
    }
  });

  it('refuses what is no name', () => {
    for (const name of [
      '',
      '.',
      '..',
      'a..b',
      '.a',
      'a b',
      'a\0b',
      'a%lo',
      'a/b',
      'ａ.com',
      '127。0。0。1',
      'a'.repeat(64),
      `${'a.'.repeat(127)}com`,
    ]) {
      assert.equal(isResolvableName(name), false, JSON.stringify(name));
    }
  });
});
