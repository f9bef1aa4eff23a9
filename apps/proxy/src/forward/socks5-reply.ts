/**
 * Every byte string a SOCKS5 server sends (RFC 1928 sections 3 and 6, RFC 1929 section 2), made once: the hot path allocates none.
 * BND.ADDR and BND.PORT are always 0.0.0.0:0: a CONNECT client has no use for them, and ours would name an inner address.
 */
import type { ForwardFailure } from './forward-failure.ts';

/** RFC 1928 section 6, REP. */
type ReplyCode = 0x00 | 0x01 | 0x02 | 0x03 | 0x04 | 0x05 | 0x06 | 0x07 | 0x08;

function reply(code: ReplyCode): Buffer {
  return Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0]);
}

export const socks5Reply = {
  methodNone: Buffer.from([5, 0x00]),
  methodUserPassword: Buffer.from([5, 0x02]),
  noAcceptableMethod: Buffer.from([5, 0xff]),
  /** The version of the subnegotiation is 1. */
  authenticated: Buffer.from([1, 0x00]),
  notAuthenticated: Buffer.from([1, 0x01]),
  succeeded: reply(0x00),
  generalFailure: reply(0x01),
  notAllowed: reply(0x02),
  networkUnreachable: reply(0x03),
  hostUnreachable: reply(0x04),
  connectionRefused: reply(0x05),
  ttlExpired: reply(0x06),
  commandNotSupported: reply(0x07),
  addressTypeNotSupported: reply(0x08),
} as const;

/** The reply to a request that could not be served. */
export function socks5FailureReply(failure: ForwardFailure): Buffer {
  switch (failure) {
    case 'NotAllowed':
      return socks5Reply.notAllowed;
    case 'NetworkUnreachable':
      return socks5Reply.networkUnreachable;
    // RFC 1928 has no code for a name that does not resolve; clients show 04 as "host unreachable", which sends the user to the name.
    case 'HostUnreachable':
    case 'ResolveFailed':
      return socks5Reply.hostUnreachable;
    case 'Refused':
      return socks5Reply.connectionRefused;
    // The custom of Dante and microsocks for ETIMEDOUT: it stays apart from an ICMP "unreachable".
    case 'TimedOut':
      return socks5Reply.ttlExpired;
    case 'HandshakeTimedOut':
    case 'LimitReached':
    case 'QuotaReached':
    case 'Internal':
      return socks5Reply.generalFailure;
  }
}
