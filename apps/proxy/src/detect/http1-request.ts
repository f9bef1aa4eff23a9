/**
 * An HTTP/1.0 or HTTP/1.1 request line (RFC 9112 section 3), decided when all of it has arrived, in 8 KiB at most.
 * Strict where another protocol could pass for HTTP (token, single spaces, version), lenient where RFC 9112 section 2.2
 * lets servers be: one empty line before it, and a lone LF at its end. Headers are not looked at. HTTP/0.9 (`GET /`), a
 * response (`HTTP/1.1 200 OK`) and `PRI * HTTP/2.0` are not HTTP here.
 */
import { byteAt } from './byte-at.ts';
import type { Verdict } from './detection.ts';
import { decided, needMore, notThis } from './verdict.ts';

export interface Http1Request {
  readonly protocol: 'HTTP';
}

const maxRequestLineBytes = 8192;

const carriageReturn = 0x0d;
const lineFeed = 0x0a;
const space = 0x20;
const zero = 0x30;
const one = 0x31;

/** Characters of a token (RFC 9110 section 5.6.2) and of a target: visible, or beyond ASCII as some clients send raw. */
const tokenCharacter = 1;
const targetCharacter = 2;
const classOfByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => classify(byte)));

const versionPrefix = Buffer.from('HTTP/1.', 'latin1');
const httpRequest = decided<Http1Request>(Object.freeze({ protocol: 'HTTP' }));

export function parseHttp1Request(bytes: Buffer, start: number, end: number): Verdict<Http1Request> {
  const limit = Math.min(end, start + maxRequestLineBytes);
  const verdict = parseRequestLine(bytes, start, limit);
  return verdict.kind === 'needMore' && limit === start + maxRequestLineBytes ? notThis : verdict;
}

function parseRequestLine(bytes: Buffer, start: number, end: number): Verdict<Http1Request> {
  const method = afterEmptyLine(bytes, start, end);
  const methodEnd = afterRun(bytes, method, end, tokenCharacter);
  if (methodEnd >= end) return needMore;
  if (methodEnd === method || byteAt(bytes, methodEnd) !== space) return notThis;
  const target = methodEnd + 1;
  const targetEnd = afterRun(bytes, target, end, targetCharacter);
  if (targetEnd >= end) return needMore;
  if (targetEnd === target || byteAt(bytes, targetEnd) !== space) return notThis;
  return parseVersion(bytes, targetEnd + 1, end);
}

/** `end` when the empty line may still be coming. */
function afterEmptyLine(bytes: Buffer, start: number, end: number): number {
  if (start >= end) return end;
  const first = byteAt(bytes, start);
  if (first === lineFeed) return start + 1;
  if (first !== carriageReturn) return start;
  if (start + 1 >= end) return end;
  return byteAt(bytes, start + 1) === lineFeed ? start + 2 : start;
}

function afterRun(bytes: Buffer, start: number, end: number, wanted: number): number {
  let index = start;
  while (index < end && (byteAt(classOfByte, byteAt(bytes, index)) & wanted) !== 0) index++;
  return index;
}

function parseVersion(bytes: Buffer, start: number, end: number): Verdict<Http1Request> {
  const minor = start + versionPrefix.length;
  const comparedEnd = Math.min(end, minor);
  for (let index = start; index < comparedEnd; index++) {
    if (byteAt(bytes, index) !== byteAt(versionPrefix, index - start)) return notThis;
  }
  if (minor >= end) return needMore;
  if (byteAt(bytes, minor) !== zero && byteAt(bytes, minor) !== one) return notThis;
  return parseLineEnd(bytes, minor + 1, end);
}

function parseLineEnd(bytes: Buffer, start: number, end: number): Verdict<Http1Request> {
  if (start >= end) return needMore;
  if (byteAt(bytes, start) === lineFeed) return httpRequest;
  if (byteAt(bytes, start) !== carriageReturn) return notThis;
  if (start + 1 >= end) return needMore;
  return byteAt(bytes, start + 1) === lineFeed ? httpRequest : notThis;
}

function classify(byte: number): number {
  if (byte <= space || byte === 0x7f) return 0;
  return /[!#$%&'*+.^_`|~0-9A-Za-z-]/.test(String.fromCharCode(byte))
    ? tokenCharacter | targetCharacter
    : targetCharacter;
}
