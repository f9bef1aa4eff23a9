/**
 * The HTTP/2 client connection preface (RFC 9113 section 3.4), decided at its 24th byte. As an HTTP/1 request line it would
 * have version 2.0, which http1-request.ts refuses: the two never both decide.
 */
import type { Verdict } from './detection.ts';
import { matchPrefix } from './match-prefix.ts';
import { decided } from './verdict.ts';

export interface Http2Preface {
  readonly protocol: 'HTTP2';
}

const http2Preface = decided<Http2Preface>(Object.freeze({ protocol: 'HTTP2' }));

export const parseHttp2Preface: (bytes: Buffer, start: number, end: number) => Verdict<Http2Preface> = matchPrefix(
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1'),
  http2Preface,
);
