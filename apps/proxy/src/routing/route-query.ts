/** What is known of a connection when it is routed: the whole input of the decision. */
import type { Protocol } from '@sluice/contract/protocol.ts';
import type { IpAddress } from './ip-address.ts';

export interface RouteQuery {
  readonly listener: string;
  readonly protocol: Protocol;
  /** Canonical (lower case, no trailing dot); null: no name, which no `sni` entry matches. */
  readonly sni: string | null;
  readonly alpn: readonly string[];
  /** Unmapped: an IPv4 client of a dual-stack socket is IPv4. */
  readonly source: IpAddress;
}
