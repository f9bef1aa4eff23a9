import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseSocks4Request } from '../../src/detect/socks4-request.ts';
import { decidedAfter } from './verdict-of-text.ts';

const connect = '\x04\x01\x00\x50';
const address = '\xc0\x00\x02\x01';
const domainFollows = '\0\0\0\x01';

describe('parseSocks4Request', () => {
  const whole: readonly (readonly [string, string])[] = [
    ['CONNECT without a user', `${connect}${address}\0`],
    ['CONNECT with a user', `${connect}${address}alice\0`],
    ['BIND', `\x04\x02\x00\x50${address}\0`],
    ['a user of 255 bytes', `${connect}${address}${'u'.repeat(255)}\0`],
    ['4a with a domain', `${connect}${domainFollows}\0origin.example\0`],
    ['4a with user and domain', `${connect}${domainFollows}alice\0origin.example\0`],
    ['4a with a domain of 255 bytes', `${connect}${domainFollows}\0${'d'.repeat(255)}\0`],
    ['the address 0.0.0.0, which announces no domain', `${connect}\0\0\0\0\0`],
    ['the address 0.0.1.1, which announces no domain', `${connect}\0\0\x01\x01\0`],
  ];
  for (const [title, text] of whole) {
    it(`decides at the end of the request: ${title}`, () => {
      assert.deepEqual(decidedAfter(parseSocks4Request, `${text}GET /`), { kind: 'decided', bytes: text.length });
    });
  }

  const others: readonly (readonly [string, string, number])[] = [
    ['another version', '\x05\x01\x00', 1],
    ['command 0', '\x04\x00\x00\x50', 2],
    ['command 3', '\x04\x03\x00\x50', 2],
    ['a user of 256 bytes', `${connect}${address}${'u'.repeat(256)}\0`, 8 + 256],
    ['a domain of 256 bytes', `${connect}${domainFollows}\0${'d'.repeat(256)}\0`, 9 + 256],
    ['an empty domain', `${connect}${domainFollows}\0\0`, 10],
  ];
  for (const [title, text, bytes] of others) {
    it(`refuses ${title}`, () => {
      assert.deepEqual(decidedAfter(parseSocks4Request, text), { kind: 'notThis', bytes });
    });
  }
});
