/**
 * Finds the protocol of a connection from its first bytes: one detector per set of protocols a listener looks for,
 * compiled so that the first byte picks the parsers worth asking (mostly one). Knows no deadline and no end of stream:
 * whoever sees those decides `unknownProtocol`, as this does for bytes that fit nothing. Each parser bounds what it waits
 * for (maxUndecidedBytes at most), so nothing stays undecided beyond that.
 * More bytes never change a decision: the same stream cut anywhere is decided alike.
 */
import type { DetectableProtocol } from '@sluice/contract/protocol.ts';
import { byteAt } from './byte-at.ts';
import type { Detected, Verdict } from './detection.ts';
import { parseHttp1Request } from './http1-request.ts';
import { parseHttp2Preface } from './http2-preface.ts';
import { parseSocks4Request } from './socks4-request.ts';
import { parseSocks5Greeting } from './socks5-greeting.ts';
import { parseSshBanner } from './ssh-banner.ts';
import { parseTlsClientHello } from './tls-client-hello.ts';

/** The decision for the bytes so far, or null: more are needed. */
export type Detector = (bytes: Buffer, start: number, end: number) => Detected | null;

type Parser = (bytes: Buffer, start: number, end: number) => Verdict<Detected>;

export const unknownProtocol: Detected = Object.freeze({ protocol: 'Unknown' });

const parsers: { readonly [Name in DetectableProtocol]: Parser } = {
  TLS: parseTlsClientHello,
  SSH: parseSshBanner,
  HTTP: parseHttp1Request,
  HTTP2: parseHttp2Preface,
  SOCKS4: parseSocks4Request,
  SOCKS5: parseSocks5Greeting,
};

export function createDetector(protocols: readonly DetectableProtocol[]): Detector {
  const parsersByFirstByte = Array.from({ length: 256 }, (_, byte) => parsersThatTake(byte, protocols));
  return (bytes, start, end) => {
    if (start >= end) return null;
    let isUndecided = false;
    for (const parse of parsersByFirstByte[byteAt(bytes, start)] ?? []) {
      const verdict = parse(bytes, start, end);
      if (verdict.kind === 'decided') return verdict.value;
      if (verdict.kind === 'needMore') isUndecided = true;
    }
    return isUndecided ? null : unknownProtocol;
  };
}

/** No two parsers decide the same bytes, so their order is of no effect. */
function parsersThatTake(firstByte: number, protocols: readonly DetectableProtocol[]): readonly Parser[] {
  const bytes = Buffer.of(firstByte);
  return [...new Set(protocols)].map((name) => parsers[name]).filter((parse) => parse(bytes, 0, 1).kind !== 'notThis');
}
