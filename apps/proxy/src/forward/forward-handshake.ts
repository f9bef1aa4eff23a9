/**
 * The one door to the forward proxy's handshakes: the driver gives it what detection said and then only bytes and outcomes, and
 * need not know which protocol it serves. Protocols without a handshake here (SOCKS4, HTTP2, TLS, SSH, Unknown) are refused by
 * the first step, each in its own words where it has any; a protocol that is added gets its own state in the union.
 */
import type { Protocol } from '@sluice/contract/protocol.ts';
import { http2GoAway, socks4Rejected, sshDisconnect, tlsHandshakeFailure } from './foreign-refusal.ts';
import type { ForwardFailure } from './forward-failure.ts';
import type { AuthenticationVerdict, HandshakeStep } from './handshake-step.ts';
import {
  beginHttpConnect,
  httpFailureReply,
  type HttpConnectState,
  onHttpAuthenticated,
  stepHttpConnect,
} from './http-connect.ts';
import {
  beginSocks5,
  onSocks5Authenticated,
  socks5FailureReplyIn,
  type Socks5State,
  stepSocks5,
} from './socks5-server.ts';

/** A protocol this route does not speak. */
export interface RefusedState {
  readonly protocol: 'SOCKS4' | 'HTTP2' | 'TLS' | 'SSH' | 'Unknown';
}

export type ForwardState = Socks5State | HttpConnectState | RefusedState;
export type ForwardStep = HandshakeStep<ForwardState>;

const noBytes = Buffer.alloc(0);

/** What is no protocol has no words. */
const farewells: Readonly<Record<RefusedState['protocol'], Buffer>> = {
  SOCKS4: socks4Rejected,
  HTTP2: http2GoAway,
  TLS: tlsHandshakeFailure,
  SSH: sshDisconnect,
  Unknown: noBytes,
};

/** The state of a connection that was routed to a forward proxy, before its first step. */
export function beginForward(protocol: Protocol, anonymous: boolean): ForwardState {
  switch (protocol) {
    case 'SOCKS5':
      return beginSocks5(anonymous);
    case 'HTTP':
      return beginHttpConnect(anonymous);
    case 'SOCKS4':
    case 'HTTP2':
    case 'TLS':
    case 'SSH':
    case 'Unknown':
      return { protocol };
  }
}

/** Judges the bytes not yet consumed. Pure, never throws, keeps no reference to `bytes`. */
export function stepForward(state: ForwardState, bytes: Buffer, start: number, end: number): ForwardStep {
  switch (state.protocol) {
    case 'SOCKS5':
      return stepSocks5(state, bytes, start, end);
    case 'HTTP':
      return stepHttpConnect(state, bytes, start, end);
    case 'SOCKS4':
      return {
        kind: 'refuse',
        bytes: farewells.SOCKS4,
        reason: 'NotAllowed',
        detail: 'SOCKS4 is not supported; use SOCKS5',
      };
    case 'HTTP2':
      return {
        kind: 'refuse',
        bytes: farewells.HTTP2,
        reason: 'ProtocolError',
        detail: 'HTTP/2 is not supported; use HTTP/1.1',
      };
    case 'TLS':
    case 'SSH':
    case 'Unknown':
      return {
        kind: 'refuse',
        bytes: farewells[state.protocol],
        reason: 'ProtocolError',
        detail: 'neither HTTP CONNECT nor SOCKS5',
      };
  }
}

/** Goes on after an `authenticate` answer, with the state of that answer. */
export function onAuthenticated(state: ForwardState, verdict: AuthenticationVerdict): ForwardStep {
  switch (state.protocol) {
    case 'SOCKS5':
      return onSocks5Authenticated(verdict);
    case 'HTTP':
      return onHttpAuthenticated(state, verdict);
    case 'SOCKS4':
    case 'HTTP2':
    case 'TLS':
    case 'SSH':
    case 'Unknown':
      return { kind: 'refuse', bytes: noBytes, reason: 'Internal', detail: 'a verdict nobody asked for' };
  }
}

/** What to send before closing when the connection fails in `state`; may be empty. */
export function failureReply(state: ForwardState, failure: ForwardFailure): Buffer {
  switch (state.protocol) {
    case 'SOCKS5':
      return socks5FailureReplyIn(state, failure);
    case 'HTTP':
      return httpFailureReply(failure);
    case 'SOCKS4':
    case 'HTTP2':
    case 'TLS':
    case 'SSH':
    case 'Unknown':
      return farewells[state.protocol];
  }
}
