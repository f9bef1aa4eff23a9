/**
 * A SOCKS5 greeting (RFC 1928 section 3): version, number of methods, the methods; decided when the list is whole.
 * A greeting that offers no method is outside the grammar (1 to 255) but decided all the same: it is a SOCKS5 client's
 * mistake, and the protocol has the answer for it (`05 FF`, no acceptable methods), which closing would withhold.
 */
import { byteAt } from './byte-at.ts';
import type { Verdict } from './detection.ts';
import { decided, needMore, notThis } from './verdict.ts';

export interface Socks5Greeting {
  readonly protocol: 'SOCKS5';
}

const version = 5;
const socks5Greeting = decided<Socks5Greeting>(Object.freeze({ protocol: 'SOCKS5' }));

export function parseSocks5Greeting(bytes: Buffer, start: number, end: number): Verdict<Socks5Greeting> {
  if (start >= end) return needMore;
  if (byteAt(bytes, start) !== version) return notThis;
  if (start + 2 > end) return needMore;
  return start + 2 + byteAt(bytes, start + 1) > end ? needMore : socks5Greeting;
}
