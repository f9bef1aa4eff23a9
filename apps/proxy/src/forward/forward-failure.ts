/**
 * Why a forward connection that was asked for properly cannot be served: one list for all protocols, which map it to their
 * own reply codes. Not here: refusals of what the client wrote, which the handshakes answer themselves.
 */
import type { CloseReason } from '../session/connection-record.ts';

export const forwardFailures = [
  'NotAllowed',
  'Refused',
  'NetworkUnreachable',
  'HostUnreachable',
  'ResolveFailed',
  'TimedOut',
  'HandshakeTimedOut',
  'LimitReached',
  'QuotaReached',
  'Internal',
] as const;

export type ForwardFailure = (typeof forwardFailures)[number];

/** The access log's reason for a failure. */
export function closeReasonOfFailure(failure: ForwardFailure): CloseReason {
  switch (failure) {
    case 'NotAllowed':
      return 'NotAllowed';
    case 'Refused':
      return 'ConnectRefused';
    case 'NetworkUnreachable':
    case 'HostUnreachable':
      return 'Unreachable';
    case 'ResolveFailed':
      return 'ResolveFailed';
    case 'TimedOut':
      return 'ConnectTimeout';
    case 'HandshakeTimedOut':
      return 'DecideTimeout';
    case 'LimitReached':
    case 'QuotaReached':
      return 'LimitReached';
    case 'Internal':
      return 'Internal';
  }
}
