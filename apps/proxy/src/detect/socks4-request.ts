/**
 * A SOCKS4 or SOCKS4a request: version, command, port, address, user id, NUL, and for 4a (address 0.0.0.x, x not 0) a
 * domain and NUL. Decided when it is whole. The protocol bounds neither text: here both have at most 255 bytes (SOCKS5's
 * bound for the same fields), and a 4a domain at least one.
 */
import { byteAt, uint24At } from './byte-at.ts';
import type { Verdict } from './detection.ts';
import { decided, needMore, notThis } from './verdict.ts';

export interface Socks4Request {
  readonly protocol: 'SOCKS4';
}

const version = 4;
const connectCommand = 1;
const bindCommand = 2;
const addressOffset = 4;
const fixedBytes = 8;
const maxTextBytes = 255;

const missing = -1;
const tooLong = -2;

const socks4Request = decided<Socks4Request>(Object.freeze({ protocol: 'SOCKS4' }));

export function parseSocks4Request(bytes: Buffer, start: number, end: number): Verdict<Socks4Request> {
  if (start >= end) return needMore;
  if (byteAt(bytes, start) !== version) return notThis;
  if (start + 1 >= end) return needMore;
  const command = byteAt(bytes, start + 1);
  if (command !== connectCommand && command !== bindCommand) return notThis;
  if (start + fixedBytes > end) return needMore;
  const userIdEnd = textEnd(bytes, start + fixedBytes, end);
  if (userIdEnd < 0) return userIdEnd === missing ? needMore : notThis;
  return hasDomain(bytes, start + addressOffset) ? parseDomain(bytes, userIdEnd + 1, end) : socks4Request;
}

function hasDomain(bytes: Buffer, address: number): boolean {
  return uint24At(bytes, address) === 0 && byteAt(bytes, address + 3) !== 0;
}

function parseDomain(bytes: Buffer, start: number, end: number): Verdict<Socks4Request> {
  const domainEnd = textEnd(bytes, start, end);
  if (domainEnd < 0) return domainEnd === missing ? needMore : notThis;
  return domainEnd === start ? notThis : socks4Request;
}

/** The position of the NUL after the text at `start`. */
function textEnd(bytes: Buffer, start: number, end: number): number {
  const limit = Math.min(end, start + maxTextBytes + 1);
  for (let index = start; index < limit; index++) {
    if (byteAt(bytes, index) === 0) return index;
  }
  return limit === start + maxTextBytes + 1 ? tooLong : missing;
}
