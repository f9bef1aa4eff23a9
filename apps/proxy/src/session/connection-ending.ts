/**
 * Who closed a connection and why, in the words of the access log: from what the engine saw at the end, or from what we
 * had decided before. Pure.
 */
import type { EndCause, FirstEnd } from '@sluice/native/ring-layout.ts';
import type { CloseReason } from './connection-record.ts';
import type { PlannedEnd } from './session.ts';

/** The end as the engine saw it, where no decision of ours stands behind it. */
export function endingSeenByEngine(cause: EndCause, firstEnd: FirstEnd): PlannedEnd {
  switch (cause) {
    case 'Finished':
      return { closedBy: firstEnd === 'Upstream' ? 'Upstream' : 'Client', reason: 'Finished' };
    case 'ClientGone':
      return { closedBy: 'Client', reason: 'ClientGone' };
    case 'ClientReset':
      return { closedBy: 'Client', reason: 'ClientReset' };
    case 'UpstreamReset':
      return { closedBy: 'Upstream', reason: 'UpstreamReset' };
    case 'IdleTimeout':
      return { closedBy: 'Deadline', reason: 'IdleTimeout' };
    case 'HalfClosedTimeout':
      return { closedBy: 'Deadline', reason: 'HalfClosedTimeout' };
    case 'DecideTimeout':
      return { closedBy: 'Deadline', reason: 'DecideTimeout' };
    case 'Stopped':
      return { closedBy: 'Drain', reason: 'DrainTimeout' };
    case 'Commanded':
    case 'Internal':
      return { closedBy: 'Error', reason: 'Internal' };
  }
}

/** What kind of failure a connect attempt ended with. */
export type ConnectFailure = 'Refused' | 'TimedOut' | 'NetworkUnreachable' | 'HostUnreachable' | 'OutOfResources';

/** `systemCode` is the errno's name, e.g. `ECONNREFUSED` (connect(2), unix(7)). */
export function connectFailureOf(systemCode: string): ConnectFailure {
  switch (systemCode) {
    case 'ECONNREFUSED':
    case 'ECONNRESET': // closed between SYN-ACK and our first bytes
    case 'EPIPE':
    case 'ENOENT': // unix: nobody has bound the path
    case 'ENOTSOCK':
      return 'Refused';
    case 'ETIMEDOUT':
      return 'TimedOut';
    case 'ENETUNREACH':
    case 'ENETDOWN':
    case 'EAFNOSUPPORT':
    case 'EADDRNOTAVAIL': // no source address or port towards it
      return 'NetworkUnreachable';
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOBUFS':
    case 'ENOMEM':
      return 'OutOfResources';
    default:
      return 'HostUnreachable';
  }
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

/** Who is to blame for a refusal of ours. */
export function endingOfRefusal(reason: CloseReason): PlannedEnd {
  switch (reason) {
    case 'DetectTimeout':
    case 'DecideTimeout':
    case 'ConnectTimeout':
      return { closedBy: 'Deadline', reason };
    case 'LimitReached':
      return { closedBy: 'Limit', reason };
    case 'ConnectRefused':
    case 'Unreachable':
    case 'ResolveFailed':
      return { closedBy: 'Upstream', reason };
    case 'Internal':
      return { closedBy: 'Error', reason };
    case 'Finished':
    case 'ClientGone':
    case 'ClientReset':
      return { closedBy: 'Client', reason };
    default:
      return { closedBy: 'Policy', reason };
  }
}
