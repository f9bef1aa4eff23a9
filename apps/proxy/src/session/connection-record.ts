/**
 * What is known of one connection when it ends: the source of the access log line and of the per-connection metrics.
 * Field names, order and reasons are the interface of design section 7.
 */
import type { Protocol } from '@sluice/contract/protocol.ts';

export const closedByValues = ['Client', 'Upstream', 'Deadline', 'Limit', 'Policy', 'Drain', 'Error'] as const;

export type ClosedBy = (typeof closedByValues)[number];

export const closeReasons = [
  'Finished',
  'NoRoute',
  'Banned',
  'ClientGone',
  'DetectTimeout',
  'DecideTimeout',
  'ConnectRefused',
  'ConnectTimeout',
  'Unreachable',
  'ResolveFailed',
  'NoEndpoint',
  'IdleTimeout',
  'HalfClosedTimeout',
  'ClientReset',
  'UpstreamReset',
  'DrainTimeout',
  'LimitReached',
  'NotAllowed',
  'AuthFailed',
  'Revoked',
  'ProtocolError',
  'Internal',
] as const;

export type CloseReason = (typeof closeReasons)[number];

export interface ConnectionRecord {
  readonly id: string;
  readonly listener: string;
  /** `ip:port`, IPv6 in brackets. */
  readonly client: string;
  readonly protocol: Protocol;
  readonly sni: string | null;
  readonly alpn: readonly string[];
  readonly user: string | null;
  readonly route: string | null;
  readonly endpoint: string | null;
  readonly upstream: string | null;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly detectMs: number | null;
  readonly decideMs: number | null;
  readonly connectMs: number | null;
  readonly firstByteMs: number | null;
  readonly durationMs: number;
  readonly closedBy: ClosedBy;
  readonly reason: CloseReason;
}

/** What metrics count of a connection. */
export type ConnectionOutcome = Pick<
  ConnectionRecord,
  'listener' | 'reason' | 'detectMs' | 'decideMs' | 'connectMs' | 'firstByteMs' | 'durationMs'
>;
