/**
 * The `Health` action as a pure step function: an HTTP/1 server that answers 200 to any method on any path, with keep-alive,
 * HEAD and pipelining, for load balancers and probes. Does no I/O and knows nothing of the proxy's own state.
 * Invariant: one answer for each request, in order, given once its body (counted, thrown away) has arrived; a body is never
 * read as a request: what is framed in a way not followed here (chunked) is answered and the connection closed.
 *
 * CONNECT alone is refused: a 2xx to it would promise a tunnel (RFC 9110 section 9.3.6). A missing Host is let pass, as probes
 * that are a line of shell leave it out and nothing is routed by it.
 */
import type { Protocol } from '@sluice/contract/protocol.ts';
import { bodyFraming } from '../forward/http-body-framing.ts';
import { httpRefusal, type HttpRefusalStatus } from '../forward/http-refusal.ts';
import {
  type HeadProgress,
  headerValues,
  headStart,
  type HttpRequestHead,
  parseRequestHead,
} from '../forward/http-request-head.ts';
import type { CloseReason } from '../session/connection-record.ts';
import { continueResponse, healthResponse } from './health-response.ts';

export type HealthState =
  | { readonly phase: 'head'; readonly allowsEmptyLine: boolean; readonly progress: HeadProgress }
  | { readonly phase: 'body'; readonly remaining: number; readonly answer: Answer }
  | { readonly phase: 'notHttp' };

/** What is due once the request's body has been thrown away. */
interface Answer {
  readonly bytes: Buffer;
  readonly keepsConnection: boolean;
}

export type HealthStep =
  /** Skip `consumed` (body bytes; may be 0) and wait for more. */
  | { readonly kind: 'needMore'; readonly state: HealthState; readonly consumed: number }
  /** Send `bytes`, skip `consumed`, and call again at once: the next request may be there already. */
  | { readonly kind: 'reply'; readonly state: HealthState; readonly consumed: number; readonly bytes: Buffer }
  /** Send `bytes` (may be empty), then close. What is left unread is nobody's. */
  | {
      readonly kind: 'close';
      readonly consumed: number;
      readonly bytes: Buffer;
      readonly reason: CloseReason;
      readonly detail: string;
    };

/** What is read and thrown away for one request; a bigger one is refused before its body. */
const maxBodyBytes = 1024 * 1024;
const carriageReturn = 0x0d;
const lineFeed = 0x0a;
const noBytes = Buffer.alloc(0);
const nextRequest: HealthState = { phase: 'head', allowsEmptyLine: true, progress: headStart };

/** The state of a connection that was routed to `Health`, before its first step. */
export function beginHealth(protocol: Protocol): HealthState {
  return protocol === 'HTTP' ? { phase: 'head', allowsEmptyLine: false, progress: headStart } : { phase: 'notHttp' };
}

/** Judges the bytes not yet consumed. Pure, never throws, keeps no reference to `bytes`. */
export function stepHealth(state: HealthState, bytes: Buffer, start: number, end: number): HealthStep {
  switch (state.phase) {
    case 'head':
      return readHead(state, bytes, start, end);
    case 'body':
      return skipBody(state.remaining, state.answer, end - start);
    case 'notHttp':
      return { kind: 'close', consumed: 0, bytes: noBytes, reason: 'ProtocolError', detail: 'not an HTTP/1 client' };
  }
}

type HeadPhase = Extract<HealthState, { phase: 'head' }>;

function readHead(state: HeadPhase, bytes: Buffer, start: number, end: number): HealthStep {
  // Some clients send an empty line behind a body (RFC 9112 section 2.2); its CR alone decides nothing.
  if (state.allowsEmptyLine && start < end && bytes[start] === carriageReturn) {
    if (end - start < 2) return { kind: 'needMore', state, consumed: 0 };
    if (bytes[start + 1] === lineFeed) {
      return skipping(2, readHead({ ...state, allowsEmptyLine: false }, bytes, start + 2, end));
    }
  }
  const verdict = parseRequestHead(bytes, start, end, state.progress);
  switch (verdict.kind) {
    case 'needMore':
      return { kind: 'needMore', state: { ...state, progress: verdict.progress }, consumed: 0 };
    case 'malformed':
      return refuse(verdict.status, 'ProtocolError', `the request has ${verdict.problem}`);
    case 'head':
      return answerRequest(verdict.head, verdict.length, end - start - verdict.length);
  }
}

function answerRequest(head: HttpRequestHead, length: number, available: number): HealthStep {
  const framing = bodyFraming(head);
  if (framing.kind === 'invalid') return refuse(400, 'ProtocolError', `the request has ${framing.problem}`);
  if (head.method === 'CONNECT') return refuse(405, 'NotAllowed', 'this is a health check; it opens no tunnel');
  const expectation = expectationOf(head);
  if (expectation === 'unknown') return refuse(417, 'ProtocolError', 'the request has an unknown Expect');
  if (framing.kind === 'chunked') return closeAfter(length, responseTo(head, 'closing'));
  if (framing.bytes > maxBodyBytes) return refuse(413, 'LimitReached', 'a health check takes bodies of 1 MiB at most');
  const answer = answerTo(head);
  if (expectation === 'continue' && framing.bytes > 0) {
    const state: HealthState = { phase: 'body', remaining: framing.bytes, answer };
    return { kind: 'reply', state, consumed: length, bytes: continueResponse };
  }
  return skipping(length, skipBody(framing.bytes, answer, available));
}

/** The same step, for a caller whose bytes began `count` earlier. */
function skipping(count: number, step: HealthStep): HealthStep {
  return { ...step, consumed: step.consumed + count };
}

function skipBody(remaining: number, answer: Answer, available: number): HealthStep {
  if (available >= remaining) return finish(answer, remaining);
  return {
    kind: 'needMore',
    state: { phase: 'body', remaining: remaining - available, answer },
    consumed: available,
  };
}

function finish(answer: Answer, consumed: number): HealthStep {
  if (!answer.keepsConnection) return closeAfter(consumed, answer.bytes);
  return { kind: 'reply', state: nextRequest, consumed, bytes: answer.bytes };
}

function closeAfter(consumed: number, bytes: Buffer): HealthStep {
  return { kind: 'close', consumed, bytes, reason: 'Finished', detail: 'the last answer of this connection' };
}

/** RFC 9112 section 9.3. */
function answerTo(head: HttpRequestHead): Answer {
  const options = connectionOptions(head);
  if (options.has('close')) return { bytes: responseTo(head, 'closing'), keepsConnection: false };
  if (head.minorVersion === 1) return { bytes: responseTo(head, 'persistent'), keepsConnection: true };
  if (options.has('keep-alive')) return { bytes: responseTo(head, 'keepAlive'), keepsConnection: true };
  return { bytes: responseTo(head, 'closing'), keepsConnection: false };
}

function responseTo(head: HttpRequestHead, kind: keyof typeof healthResponse): Buffer {
  return head.method === 'HEAD' ? healthResponse[kind].head : healthResponse[kind].get;
}

function connectionOptions(head: HttpRequestHead): ReadonlySet<string> {
  const options = new Set<string>();
  for (const value of headerValues(head, 'connection')) {
    for (const option of value.split(',')) options.add(option.trim().toLowerCase());
  }
  return options;
}

/** RFC 9110 section 10.1.1: an HTTP/1.0 client's expectation is ignored. */
function expectationOf(head: HttpRequestHead): 'none' | 'continue' | 'unknown' {
  const values = head.minorVersion === 1 ? headerValues(head, 'expect') : [];
  if (values.length === 0) return 'none';
  return values.every((value) => value.toLowerCase() === '100-continue') ? 'continue' : 'unknown';
}

function refuse(status: HttpRefusalStatus, reason: CloseReason, detail: string): HealthStep {
  // RFC 9110 section 15.5.6: a 405 names what is allowed.
  const allow = status === 405 ? 'Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS' : undefined;
  return { kind: 'close', consumed: 0, bytes: httpRefusal(status, `sluice: ${detail}`, allow), reason, detail };
}
