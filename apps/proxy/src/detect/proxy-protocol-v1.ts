/**
 * PROXY protocol version 1: one line of text, `PROXY TCP4 192.0.2.1 198.51.100.1 56324 443` CRLF, 107 bytes at most.
 * Single spaces and CRLF only; of `PROXY UNKNOWN` the rest of the line is ignored, as the specification asks.
 */
import { byteAt } from './byte-at.ts';
import type { ProxyProtocolHeader, Verdict } from './detection.ts';
import { parseTransportAddress } from './transport-address.ts';
import { decided, needMore, notThis } from './verdict.ts';

const maxLineBytes = 107;
const signature = Buffer.from('PROXY ', 'latin1');
const unknownLine = /^PROXY UNKNOWN(?: |$)/;
const tcpLine = /^PROXY TCP([46]) ([0-9A-Fa-f.:]+) ([0-9A-Fa-f.:]+) ([0-9]+) ([0-9]+)$/;
const carriageReturn = 0x0d;
const lineFeed = 0x0a;

export function parseProxyProtocolV1(bytes: Buffer, start: number, end: number): Verdict<ProxyProtocolHeader> {
  const limit = Math.min(end, start + maxLineBytes);
  const verdict = parseLine(bytes, start, limit);
  return verdict.kind === 'needMore' && limit === start + maxLineBytes ? notThis : verdict;
}

function parseLine(bytes: Buffer, start: number, end: number): Verdict<ProxyProtocolHeader> {
  let index = start;
  for (; index < end && byteAt(bytes, index) !== carriageReturn; index++) {
    const byte = byteAt(bytes, index);
    if (byte < 0x20 || byte > 0x7e) return notThis;
    if (index - start < signature.length && byte !== byteAt(signature, index - start)) return notThis;
  }
  if (index + 1 >= end) return needMore;
  if (byteAt(bytes, index + 1) !== lineFeed) return notThis;
  return readLine(bytes.toString('latin1', start, index), index + 2 - start);
}

function readLine(line: string, length: number): Verdict<ProxyProtocolHeader> {
  if (unknownLine.test(line)) return decided({ length, source: null, destination: null });
  const [, family, sourceAddress = '', destinationAddress = '', sourcePort = '', destinationPort = ''] =
    tcpLine.exec(line) ?? [];
  const version = family === '4' ? 4 : 6;
  const source = parseTransportAddress(version, sourceAddress, sourcePort);
  const destination = parseTransportAddress(version, destinationAddress, destinationPort);
  return source !== null && destination !== null ? decided({ length, source, destination }) : notThis;
}
