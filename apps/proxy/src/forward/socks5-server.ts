/**
 * The server side of a SOCKS5 handshake (RFC 1928, RFC 1929) as a pure step function: methods none and user/password, command
 * CONNECT. Does no I/O, checks no password and no permission; BIND, UDP ASSOCIATE and GSSAPI are refused by their own codes.
 * Invariant: each message is judged once it is whole (its head as soon as it is wrong), so splits change nothing, and bytes
 * behind the request are never looked at.
 *
 * Anonymous routes take "no authentication" when it is offered. A client that offers only user/password there is asked for
 * them, and they are verified like anywhere: an unverified name must not appear in logs or rules as if it were known.
 */
import { ipAddressFromBytes } from '../routing/ip-address.ts';
import { parseCredentialText } from './credential-text.ts';
import { type Destination, parseDestinationHost } from './destination.ts';
import type { ForwardFailure } from './forward-failure.ts';
import type { AuthenticationVerdict, HandshakeRefusal, HandshakeStep } from './handshake-step.ts';
import { socks5FailureReply, socks5Reply } from './socks5-reply.ts';

export interface Socks5State {
  readonly protocol: 'SOCKS5';
  readonly phase: 'greeting' | 'anonymousGreeting' | 'credentials' | 'authenticating' | 'request' | 'connecting';
}

type Step = HandshakeStep<Socks5State>;

const states = {
  greeting: { protocol: 'SOCKS5', phase: 'greeting' },
  anonymousGreeting: { protocol: 'SOCKS5', phase: 'anonymousGreeting' },
  credentials: { protocol: 'SOCKS5', phase: 'credentials' },
  authenticating: { protocol: 'SOCKS5', phase: 'authenticating' },
  request: { protocol: 'SOCKS5', phase: 'request' },
  connecting: { protocol: 'SOCKS5', phase: 'connecting' },
} as const satisfies Record<Socks5State['phase'], Socks5State>;

const version = 5;
const subnegotiationVersion = 1;
const methodNone = 0x00;
const methodUserPassword = 0x02;
const commandConnect = 0x01;
const addressTypes = { ipv4: 0x01, domain: 0x03, ipv6: 0x04 } as const;

/** The state before the first byte. */
export function beginSocks5(anonymous: boolean): Socks5State {
  return anonymous ? states.anonymousGreeting : states.greeting;
}

/** Judges the next message at `start`. Never throws; waits (`needMore`) while the driver verifies or connects. */
export function stepSocks5(state: Socks5State, bytes: Buffer, start: number, end: number): Step {
  switch (state.phase) {
    case 'greeting':
    case 'anonymousGreeting':
      return readGreeting(state, bytes, start, end);
    case 'credentials':
      return readCredentials(state, bytes, start, end);
    case 'request':
      return readRequest(state, bytes, start, end);
    case 'authenticating':
    case 'connecting':
      return { kind: 'needMore', state };
  }
}

/** Goes on after an `authenticate` answer. */
export function onSocks5Authenticated(verdict: AuthenticationVerdict): Step {
  switch (verdict) {
    case 'valid':
      return { kind: 'reply', state: states.request, consumed: 0, bytes: socks5Reply.authenticated };
    case 'invalid':
      return refuse(socks5Reply.notAuthenticated, 'AuthFailed', 'wrong user or password');
    case 'overloaded':
      return refuse(socks5Reply.notAuthenticated, 'LimitReached', 'too many credential checks at once');
  }
}

/** What tells the client of a failure in the phase it is in; empty where SOCKS5 has no word for it. */
export function socks5FailureReplyIn(state: Socks5State, failure: ForwardFailure): Buffer {
  switch (state.phase) {
    case 'greeting':
    case 'anonymousGreeting':
      return failure === 'HandshakeTimedOut' ? Buffer.alloc(0) : socks5Reply.noAcceptableMethod;
    case 'credentials':
    case 'authenticating':
      return socks5Reply.notAuthenticated;
    case 'request':
    case 'connecting':
      return socks5FailureReply(failure);
  }
}

/** RFC 1928 section 3: VER NMETHODS METHODS. */
function readGreeting(state: Socks5State, bytes: Buffer, start: number, end: number): Step {
  if (start < end && bytes[start] !== version) {
    return refuse(Buffer.alloc(0), 'ProtocolError', 'a SOCKS5 greeting with another version');
  }
  if (end - start < 2) return { kind: 'needMore', state };
  const methodsEnd = start + 2 + (bytes[start + 1] ?? 0);
  if (end < methodsEnd) return { kind: 'needMore', state };
  const methods = bytes.subarray(start + 2, methodsEnd);
  const consumed = methodsEnd - start;
  if (state.phase === 'anonymousGreeting' && methods.includes(methodNone)) {
    return { kind: 'reply', state: states.request, consumed, bytes: socks5Reply.methodNone };
  }
  if (methods.includes(methodUserPassword)) {
    return { kind: 'reply', state: states.credentials, consumed, bytes: socks5Reply.methodUserPassword };
  }
  if (methods.length === 0) {
    return refuse(socks5Reply.noAcceptableMethod, 'ProtocolError', 'a SOCKS5 greeting that offers no method');
  }
  return refuse(socks5Reply.noAcceptableMethod, 'AuthFailed', 'no acceptable authentication method offered');
}

/** RFC 1929 section 2: VER ULEN UNAME PLEN PASSWD. */
function readCredentials(state: Socks5State, bytes: Buffer, start: number, end: number): Step {
  if (start < end && bytes[start] !== subnegotiationVersion) {
    return refuse(socks5Reply.notAuthenticated, 'ProtocolError', 'a user/password message with another version');
  }
  if (end - start < 2) return { kind: 'needMore', state };
  const userEnd = start + 2 + (bytes[start + 1] ?? 0);
  if (end <= userEnd) return { kind: 'needMore', state };
  const passwordEnd = userEnd + 1 + (bytes[userEnd] ?? 0);
  if (end < passwordEnd) return { kind: 'needMore', state };
  const user = parseCredentialText(bytes, start + 2, userEnd);
  const password = parseCredentialText(bytes, userEnd + 1, passwordEnd);
  if (user === null || user === '' || password === null) {
    return refuse(socks5Reply.notAuthenticated, 'AuthFailed', 'a user or password that is empty or not UTF-8 text');
  }
  return { kind: 'authenticate', state: states.authenticating, consumed: passwordEnd - start, user, password };
}

/** RFC 1928 section 4: VER CMD RSV ATYP DST.ADDR DST.PORT. */
function readRequest(state: Socks5State, bytes: Buffer, start: number, end: number): Step {
  if (start < end && bytes[start] !== version) return malformed('a SOCKS5 request with another version');
  if (end - start < 4) return { kind: 'needMore', state };
  if (bytes[start + 2] !== 0) return malformed('a SOCKS5 request whose reserved byte is not zero');
  const addressType = bytes[start + 3] ?? 0;
  const addressStart = start + (addressType === addressTypes.domain ? 5 : 4);
  const addressLength = lengthOfAddress(addressType, bytes, start, end);
  if (addressLength === 'unknownType') {
    return refuse(socks5Reply.addressTypeNotSupported, 'ProtocolError', 'a SOCKS5 address type other than 1, 3 and 4');
  }
  const portStart = addressStart + addressLength;
  if (end < portStart + 2) return { kind: 'needMore', state };
  if (bytes[start + 1] !== commandConnect) {
    return refuse(socks5Reply.commandNotSupported, 'NotAllowed', 'a SOCKS5 command other than CONNECT');
  }
  const port = bytes.readUInt16BE(portStart);
  if (port === 0) return malformed('a SOCKS5 request for port 0');
  const destination = readDestination(addressType, bytes.subarray(addressStart, portStart), port);
  if (destination === null) return malformed('a SOCKS5 domain that is no host name and no address');
  const consumed = portStart + 2 - start;
  return { kind: 'connect', state: states.connecting, consumed, destination, successReply: socks5Reply.succeeded };
}

/** Infinity while a domain's length byte is not there. */
function lengthOfAddress(type: number, bytes: Buffer, start: number, end: number): number | 'unknownType' {
  switch (type) {
    case addressTypes.ipv4:
      return 4;
    case addressTypes.ipv6:
      return 16;
    case addressTypes.domain:
      return end - start < 5 ? Number.POSITIVE_INFINITY : (bytes[start + 4] ?? 0);
    default:
      return 'unknownType';
  }
}

function readDestination(type: number, host: Buffer, port: number): Destination | null {
  if (type !== addressTypes.domain) {
    const address = ipAddressFromBytes(host, 0, type === addressTypes.ipv4 ? 4 : 6);
    return { kind: 'address', address, port };
  }
  const parsed = parseDestinationHost(host.toString('latin1'));
  return parsed === null ? null : { ...parsed, port };
}

function malformed(detail: string): HandshakeRefusal {
  return refuse(socks5Reply.generalFailure, 'ProtocolError', detail);
}

function refuse(bytes: Buffer, reason: HandshakeRefusal['reason'], detail: string): HandshakeRefusal {
  return { kind: 'refuse', bytes, reason, detail };
}
