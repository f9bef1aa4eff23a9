/**
 * What a protocol parser may answer. The three answers stay apart: "need more" never becomes "no name", and "not this"
 * never becomes a decision (a router that confused them let clients past its mutual-TLS route).
 */

/** One parser's answer for the bytes so far. */
export type Verdict<Decided> =
  | { readonly kind: 'decided'; readonly value: Decided }
  | { readonly kind: 'needMore' }
  | { readonly kind: 'notThis' };

/** The outcome of detection over all protocols a listener looks for. */
export type Detected =
  | { readonly protocol: 'TLS'; /** canonical host name, or null: no (valid) name */ readonly sni: string | null; readonly alpn: readonly string[] }
  | { readonly protocol: 'SSH' | 'HTTP' | 'HTTP2' | 'SOCKS4' | 'SOCKS5' | 'Unknown' };
