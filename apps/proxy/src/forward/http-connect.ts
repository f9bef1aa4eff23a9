/**
 * The server side of HTTP CONNECT (RFC 9110 section 9.3.6) with Basic proxy authentication (RFC 7617) as a pure step function.
 * Does no I/O, checks no password and no permission. Other methods are refused: absolute-form with 501 (forwarding requests is
 * not built), the rest with 400, because a forward proxy is no origin server.
 * Invariant: the head alone is read; what follows it belongs to the tunnel. Every refusal closes, so no byte behind a refused
 * head is ever taken for a second request.
 *
 * A 407 closes too: a second attempt costs the client one connection (curl --proxy-anyauth and browsers make it), while keeping the
 * connection would give guessing a free handshake and keep early data of a refused request in doubt. The form is judged before
 * the credentials, so a client without them learns what it wrote wrong and nothing about destinations.
 * On an anonymous route credentials may be left out; given ones are verified all the same.
 * A missing Host is let pass: RFC 9112 section 3.2 asks for 400, but CONNECT names its target without it and simple clients leave it out.
 */
import type { CloseReason } from '../session/connection-record.ts';
import { parseBasicCredentials } from './basic-credentials.ts';
import { type Destination, parseAuthority } from './destination.ts';
import type { ForwardFailure } from './forward-failure.ts';
import type { AuthenticationVerdict, HandshakeRefusal, HandshakeStep } from './handshake-step.ts';
import { bodyFraming } from './http-body-framing.ts';
import { httpRefusal, type HttpRefusalStatus } from './http-refusal.ts';
import {
  type HeadProgress,
  headerValues,
  headStart,
  type HttpRequestHead,
  parseRequestHead,
} from './http-request-head.ts';

export type HttpConnectState =
  | { readonly protocol: 'HTTP'; readonly phase: 'head'; readonly anonymous: boolean; readonly progress: HeadProgress }
  | { readonly protocol: 'HTTP'; readonly phase: 'authenticating'; readonly destination: Destination }
  | { readonly protocol: 'HTTP'; readonly phase: 'connecting' };

type Step = HandshakeStep<HttpConnectState>;

const connecting: HttpConnectState = { protocol: 'HTTP', phase: 'connecting' };
const established = Buffer.from('HTTP/1.1 200 Connection Established\r\n\r\n', 'latin1');
const challenge = 'Proxy-Authenticate: Basic realm="sluice", charset="UTF-8"';
const absoluteForm = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//;

/** The state before the first byte. */
export function beginHttpConnect(anonymous: boolean): HttpConnectState {
  return { protocol: 'HTTP', phase: 'head', anonymous, progress: headStart };
}

/** Judges the request head at `start` once it is whole. Never throws; waits while the driver verifies or connects. */
export function stepHttpConnect(state: HttpConnectState, bytes: Buffer, start: number, end: number): Step {
  if (state.phase !== 'head') return { kind: 'needMore', state };
  const verdict = parseRequestHead(bytes, start, end, state.progress);
  switch (verdict.kind) {
    case 'needMore':
      return { kind: 'needMore', state: { ...state, progress: verdict.progress } };
    case 'malformed':
      return malformed(verdict.problem, verdict.status);
    case 'head':
      return judgeRequest(verdict.head, verdict.length, state.anonymous);
  }
}

/** Goes on after an `authenticate` answer; the request was consumed with it. */
export function onHttpAuthenticated(state: HttpConnectState, verdict: AuthenticationVerdict): Step {
  if (state.phase !== 'authenticating') return refuse(500, 'Internal', 'a verdict nobody asked for');
  switch (verdict) {
    case 'valid':
      return connectTo(state.destination, 0);
    case 'invalid':
      return unauthenticated('wrong user or password');
    case 'overloaded':
      return refuse(503, 'LimitReached', 'too many credential checks at once; try again');
  }
}

/** The response that tells the client of a failure. */
export function httpFailureReply(failure: ForwardFailure): Buffer {
  switch (failure) {
    case 'NotAllowed':
      return httpRefusal(403, 'sluice: the destination is not allowed');
    case 'Refused':
      return httpRefusal(502, 'sluice: the destination refused the connection');
    case 'NetworkUnreachable':
    case 'HostUnreachable':
      return httpRefusal(502, 'sluice: the destination is unreachable');
    case 'ResolveFailed':
      return httpRefusal(502, "sluice: the destination's name does not resolve");
    case 'TimedOut':
      return httpRefusal(504, 'sluice: the destination did not answer in time');
    case 'HandshakeTimedOut':
      return httpRefusal(408, 'sluice: the request did not arrive in time');
    case 'LimitReached':
      return httpRefusal(503, 'sluice: a limit of this proxy is reached; try again');
    case 'QuotaReached':
      return httpRefusal(429, 'sluice: this user has as many connections as it may; close one');
    case 'Internal':
      return httpRefusal(500, 'sluice: internal error');
  }
}

function judgeRequest(head: HttpRequestHead, length: number, anonymous: boolean): Step {
  const framing = bodyFraming(head);
  if (framing.kind === 'invalid') return malformed(framing.problem);
  if (head.method !== 'CONNECT') return refuseMethod(head.target);
  if (framing.kind === 'chunked' || framing.bytes > 0) return malformed('a body on CONNECT');
  const destination = parseAuthority(head.target);
  if (destination === null) return malformed('a CONNECT target that is not host:port');
  return authorize(head, { length, anonymous, destination });
}

interface ConnectRequest {
  readonly length: number;
  readonly anonymous: boolean;
  readonly destination: Destination;
}

function authorize(head: HttpRequestHead, { length, anonymous, destination }: ConnectRequest): Step {
  const [authorization, ...repeated] = headerValues(head, 'proxy-authorization');
  if (repeated.length > 0) return malformed('more than one Proxy-Authorization header');
  if (authorization === undefined) {
    return anonymous ? connectTo(destination, length) : unauthenticated('user and password are required');
  }
  const credentials = parseBasicCredentials(authorization);
  if (credentials === null) return unauthenticated('Proxy-Authorization is not Basic with user:password in UTF-8');
  const state: HttpConnectState = { protocol: 'HTTP', phase: 'authenticating', destination };
  return { kind: 'authenticate', state, consumed: length, ...credentials };
}

function connectTo(destination: Destination, consumed: number): Step {
  return { kind: 'connect', state: connecting, consumed, destination, successReply: established };
}

function refuseMethod(target: string): HandshakeRefusal {
  if (absoluteForm.test(target)) {
    return refuse(501, 'NotAllowed', 'forwarding of plain HTTP requests is not supported; use CONNECT host:port');
  }
  return refuse(400, 'ProtocolError', 'this is a forward proxy; it answers CONNECT host:port only');
}

function malformed(problem: string, status: HttpRefusalStatus = 400): HandshakeRefusal {
  return refuse(status, 'ProtocolError', `the request has ${problem}`);
}

function unauthenticated(detail: string): HandshakeRefusal {
  return { kind: 'refuse', bytes: httpRefusal(407, `sluice: ${detail}`, challenge), reason: 'AuthFailed', detail };
}

function refuse(status: HttpRefusalStatus, reason: CloseReason, detail: string): HandshakeRefusal {
  return { kind: 'refuse', bytes: httpRefusal(status, `sluice: ${detail}`), reason, detail };
}
