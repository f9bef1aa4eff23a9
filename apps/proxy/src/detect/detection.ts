/**
 * What a protocol parser may answer. The three answers stay apart: "need more" never becomes "no name", and "not this"
 * never becomes a decision (a router that confused them let clients past its mutual-TLS route).
 */

/** No stream stays undecided beyond these bytes: one more, and what is still possible is none. */
export const maxUndecidedBytes = 65_536;

/** One parser's answer for the bytes so far. */
export type Verdict<Decided> =
  | { readonly kind: 'decided'; readonly value: Decided }
  | { readonly kind: 'needMore' }
  | { readonly kind: 'notThis' };

/** The outcome of detection over all protocols a listener looks for. */
export type Detected =
  | {
      readonly protocol: 'TLS';
      /** Canonical host name, or null: no (valid) name. */
      readonly sni: string | null;
      readonly alpn: readonly string[];
    }
  | { readonly protocol: 'SSH' | 'HTTP' | 'HTTP2' | 'SOCKS4' | 'SOCKS5' | 'Unknown' };

export interface TransportAddress {
  /** IPv4 dotted, or IPv6 as RFC 5952 writes it; an IPv4-mapped IPv6 address is that IPv4 address. */
  readonly address: string;
  readonly port: number;
}

/** What a PROXY protocol header says of the connection it precedes. */
export interface ProxyProtocolHeader {
  /** Bytes of the header: the client's own begin after them. */
  readonly length: number;
  /** null: the sender speaks for itself or cannot say (LOCAL, UNKNOWN, unix sockets); the connection's own address counts. */
  readonly source: TransportAddress | null;
  readonly destination: TransportAddress | null;
}
