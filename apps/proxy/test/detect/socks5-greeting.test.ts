import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseSocks5Greeting } from '../../src/detect/socks5-greeting.ts';
import { decidedAfter } from './verdict-of-text.ts';

describe('parseSocks5Greeting', () => {
  it('decides at the end of the method list', () => {
    assert.deepEqual(decidedAfter(parseSocks5Greeting, '\x05\x01\x00'), { kind: 'decided', bytes: 3 });
    assert.deepEqual(decidedAfter(parseSocks5Greeting, '\x05\x03\x00\x01\x02\x05\x01\x00'), {
      kind: 'decided',
      bytes: 5,
    });
    const all = `\x05\xff${'\x80'.repeat(255)}`;
    assert.deepEqual(decidedAfter(parseSocks5Greeting, all), { kind: 'decided', bytes: 257 });
  });

  it('takes methods of every value: private ones are methods too', () => {
    assert.deepEqual(decidedAfter(parseSocks5Greeting, '\x05\x01\x80'), { kind: 'decided', bytes: 3 });
  });

  it('decides a greeting without methods, which the protocol can answer', () => {
    assert.deepEqual(decidedAfter(parseSocks5Greeting, '\x05\x00'), { kind: 'decided', bytes: 2 });
  });

  it('refuses another version', () => {
    assert.deepEqual(decidedAfter(parseSocks5Greeting, '\x04\x01'), { kind: 'notThis', bytes: 1 });
  });
});
