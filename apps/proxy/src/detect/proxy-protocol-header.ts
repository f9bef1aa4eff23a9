/**
 * The PROXY protocol header a trusted load balancer puts before the client's bytes, versions 1 and 2 (HAProxy's
 * proxy-protocol.txt, sections 2.1 and 2.2). Strict: it names the client for routing and logs, so anything doubtful is
 * `notThis` and its connection is to be refused. A header in several segments is read as any other bytes are.
 */
import { byteAt } from './byte-at.ts';
import type { ProxyProtocolHeader, Verdict } from './detection.ts';
import { parseProxyProtocolV1 } from './proxy-protocol-v1.ts';
import { parseProxyProtocolV2 } from './proxy-protocol-v2.ts';
import { needMore } from './verdict.ts';

const firstByteOfV2 = 0x0d;

export function parseProxyProtocolHeader(bytes: Buffer, start: number, end: number): Verdict<ProxyProtocolHeader> {
  if (start >= end) return needMore;
  return byteAt(bytes, start) === firstByteOfV2
    ? parseProxyProtocolV2(bytes, start, end)
    : parseProxyProtocolV1(bytes, start, end);
}
