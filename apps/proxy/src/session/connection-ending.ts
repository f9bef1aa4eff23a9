/**
 * Who closed a connection and why, in the words of the access log: from what the engine saw at the end, or from what we
 * had decided before. Pure.
 */
import type { EndCause, FirstEnd } from '@sluice/native/ring-layout.ts';
import type { ClosedBy, CloseReason } from './connection-record.ts';
import type { PlannedEnd } from './session.ts';

/** The end as the engine saw it, where no decision of ours stands behind it. */
export function endingSeenByEngine(cause: EndCause, firstEnd: FirstEnd): PlannedEnd {
  if (cause === 'Finished') return { closedBy: firstEnd === 'Upstream' ? 'Upstream' : 'Client', reason: 'Finished' };
  // Behind its own FIN a reset only says that the client's program had closed before the upstream's last bytes came, as
  // every TLS client does that does not wait for the other's close_notify.
  if (cause === 'ClientReset' && firstEnd === 'Client') return endingOfRefusal('Finished');
  return endingOfRefusal(reasonOfCause[cause]);
}

const reasonOfCause: Readonly<Record<EndCause, CloseReason>> = {
  Finished: 'Finished',
  ClientGone: 'ClientGone',
  ClientReset: 'ClientReset',
  UpstreamReset: 'UpstreamReset',
  IdleTimeout: 'IdleTimeout',
  HalfClosedTimeout: 'HalfClosedTimeout',
  DecideTimeout: 'DecideTimeout',
  Stopped: 'DrainTimeout',
  Commanded: 'Internal',
  Internal: 'Internal',
};

/** What kind of failure a connect attempt ended with. */
export type ConnectFailure = 'Refused' | 'TimedOut' | 'NetworkUnreachable' | 'HostUnreachable' | 'OutOfResources';

/** By the errno's name (connect(2), unix(7)); anything else means the host cannot be reached. */
const connectFailures: ReadonlyMap<string, ConnectFailure> = new Map([
  ['ECONNREFUSED', 'Refused'],
  ['ECONNRESET', 'Refused'], // closed between SYN-ACK and our first bytes
  ['EPIPE', 'Refused'],
  ['ENOENT', 'Refused'], // unix: nobody has bound the path
  ['ENOTSOCK', 'Refused'],
  ['ETIMEDOUT', 'TimedOut'],
  ['ENETUNREACH', 'NetworkUnreachable'],
  ['ENETDOWN', 'NetworkUnreachable'],
  ['EAFNOSUPPORT', 'NetworkUnreachable'],
  ['EADDRNOTAVAIL', 'NetworkUnreachable'], // no source address or port towards it
  ['EMFILE', 'OutOfResources'],
  ['ENFILE', 'OutOfResources'],
  ['ENOBUFS', 'OutOfResources'],
  ['ENOMEM', 'OutOfResources'],
]);

/** `systemCode` is the errno's name, e.g. `ECONNREFUSED`. */
export function connectFailureOf(systemCode: string): ConnectFailure {
  return connectFailures.get(systemCode) ?? 'HostUnreachable';
}

export function endingOfConnectFailure(failure: ConnectFailure): PlannedEnd {
  switch (failure) {
    case 'Refused':
      return { closedBy: 'Upstream', reason: 'ConnectRefused' };
    case 'TimedOut':
      return { closedBy: 'Deadline', reason: 'ConnectTimeout' };
    case 'NetworkUnreachable':
    case 'HostUnreachable':
      return { closedBy: 'Upstream', reason: 'Unreachable' };
    case 'OutOfResources':
      return { closedBy: 'Limit', reason: 'LimitReached' };
  }
}

const closedByOfReason: Readonly<Record<CloseReason, ClosedBy>> = {
  Finished: 'Client',
  ClientGone: 'Client',
  ClientReset: 'Client',
  UpstreamReset: 'Upstream',
  ConnectRefused: 'Upstream',
  Unreachable: 'Upstream',
  ResolveFailed: 'Upstream',
  NoEndpoint: 'Upstream',
  DetectTimeout: 'Deadline',
  DecideTimeout: 'Deadline',
  ConnectTimeout: 'Deadline',
  IdleTimeout: 'Deadline',
  HalfClosedTimeout: 'Deadline',
  DrainTimeout: 'Drain',
  LimitReached: 'Limit',
  NoRoute: 'Policy',
  Banned: 'Policy',
  NotAllowed: 'Policy',
  AuthFailed: 'Policy',
  Revoked: 'Policy',
  ProtocolError: 'Policy',
  Internal: 'Error',
};

/** The end for a reason of ours, with who is to blame for it. */
export function endingOfRefusal(reason: CloseReason): PlannedEnd {
  return { closedBy: closedByOfReason[reason], reason };
}
