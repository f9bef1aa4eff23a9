/**
 * Reads the server name and the ALPN list out of a TLS ClientHello (RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2)
 * spread over any number of records. Decides only when the whole message is there; a message that can no longer become a
 * ClientHello is `notThis` as soon as its bytes show it. What follows the hello (change cipher spec, early data), its
 * versions and the extensions not needed are not looked at: they are for the server to judge.
 * An SSLv2-compatible hello (RFC 5246 appendix E.2) is not TLS here: it carries no name, and no TLS 1.3 stack answers it.
 */
import { byteAt, uint16At, uint24At } from './byte-at.ts';
import { maxUndecidedBytes, type Verdict } from './detection.ts';
import type { HostName } from './host-name.ts';
import { parseTlsAlpn } from './tls-alpn.ts';
import { broken, handshakeRecordEnd, incomplete, joinHandshakeRecords, recordHeaderBytes } from './tls-records.ts';
import { parseTlsServerName } from './tls-server-name.ts';
import { decided, needMore, notThis } from './verdict.ts';

export interface TlsClientHello {
  readonly protocol: 'TLS';
  /** null: no name, or none that is a host name and given once. */
  readonly sni: HostName | null;
  /** In the client's order; empty when not offered, or offered in two extensions. */
  readonly alpn: readonly string[];
}

const clientHelloType = 1;
const messageHeaderBytes = 4;
const majorVersion = 3;
const versionAndRandomBytes = 34;
const maxSessionIdBytes = 32;
const extensionHeaderBytes = 4;
const serverNameExtension = 0;
const alpnExtension = 16;

const noAlpn: readonly string[] = Object.freeze([]);

/** With its record headers a hello has at most maxUndecidedBytes; real ones reach 17 KB (a list of every trusted authority). */
export function parseTlsClientHello(bytes: Buffer, start: number, end: number): Verdict<TlsClientHello> {
  const limit = Math.min(end, start + maxUndecidedBytes);
  const verdict = parseFlight(bytes, start, limit);
  return verdict.kind === 'needMore' && end > limit ? notThis : verdict;
}

function parseFlight(bytes: Buffer, start: number, end: number): Verdict<TlsClientHello> {
  const recordEnd = handshakeRecordEnd(bytes, start, end);
  if (recordEnd < 0) return recordEnd === incomplete ? needMore : notThis;
  const message = start + recordHeaderBytes;
  if (message < end && byteAt(bytes, message) !== clientHelloType) return notThis;
  const body = message + messageHeaderBytes;
  if (body > recordEnd) return parseSpread(bytes, start, end);
  if (body > end) return needMore;
  const bodyEnd = body + uint24At(bytes, message + 1);
  if (bodyEnd - start > maxUndecidedBytes) return notThis;
  const verdict = parseBody(bytes, body, Math.min(end, recordEnd, bodyEnd), bodyEnd);
  // Of a message that goes on in another record, this record alone could only show that it is broken.
  return bodyEnd > recordEnd && verdict.kind !== 'notThis' ? parseSpread(bytes, start, end) : verdict;
}

/** The copy made here is the only one, and only once a hello of several records is whole. */
function parseSpread(bytes: Buffer, start: number, end: number): Verdict<TlsClientHello> {
  const joined = joinHandshakeRecords(bytes, start, end);
  if (joined.kind !== 'decided') return joined;
  const message = joined.value;
  return parseBody(message, messageHeaderBytes, message.length, message.length);
}

/**
 * The body of the message lies in `[start, limit)`; its bytes below `have` are here. Positions may run past `have` (a
 * length prefix was read, what it measures is not needed): the next read then says `needMore`. Past `limit` is broken.
 */
function parseBody(bytes: Buffer, start: number, have: number, limit: number): Verdict<TlsClientHello> {
  if (start < have && byteAt(bytes, start) !== majorVersion) return notThis;
  const cipherSuites = afterSessionId(bytes, start + versionAndRandomBytes, have, limit);
  if (cipherSuites < 0) return cipherSuites === incomplete ? needMore : notThis;
  const extensions = afterCompressionMethods(bytes, cipherSuites, have, limit);
  if (extensions < 0) return extensions === incomplete ? needMore : notThis;
  if (extensions === limit) return have === limit ? clientHello(null, noAlpn) : needMore;
  if (extensions + 2 > limit) return notThis;
  if (extensions + 2 > have) return needMore;
  if (extensions + 2 + uint16At(bytes, extensions) !== limit) return notThis;
  return parseExtensions(bytes, extensions + 2, have, limit);
}

function afterSessionId(bytes: Buffer, position: number, have: number, limit: number): number {
  if (position >= limit) return broken;
  if (position >= have) return incomplete;
  const length = byteAt(bytes, position);
  return length > maxSessionIdBytes ? broken : position + 1 + length;
}

function afterCompressionMethods(bytes: Buffer, cipherSuites: number, have: number, limit: number): number {
  if (cipherSuites + 2 > limit) return broken;
  if (cipherSuites + 2 > have) return incomplete;
  const cipherSuiteBytes = uint16At(bytes, cipherSuites);
  if (cipherSuiteBytes === 0 || cipherSuiteBytes % 2 !== 0) return broken;
  const compression = cipherSuites + 2 + cipherSuiteBytes;
  if (compression >= limit) return broken;
  if (compression >= have) return incomplete;
  const methods = byteAt(bytes, compression);
  const after = compression + 1 + methods;
  return methods === 0 || after > limit ? broken : after;
}

function parseExtensions(bytes: Buffer, start: number, have: number, limit: number): Verdict<TlsClientHello> {
  let sni: HostName | null | undefined;
  let alpn: readonly string[] | undefined;
  let position = start;
  while (position < limit) {
    const next = extensionEnd(bytes, position, have, limit);
    if (next < 0) return next === incomplete ? needMore : notThis;
    const content = position + extensionHeaderBytes;
    const type = uint16At(bytes, position);
    if (type === serverNameExtension) {
      const name = parseTlsServerName(bytes, content, next);
      if (name === undefined) return notThis;
      sni = sni === undefined ? name : null;
    } else if (type === alpnExtension) {
      const names = parseTlsAlpn(bytes, content, next);
      if (names === undefined) return notThis;
      alpn = alpn === undefined ? names : noAlpn;
    }
    position = next;
  }
  return clientHello(sni ?? null, alpn ?? noAlpn);
}

function extensionEnd(bytes: Buffer, position: number, have: number, limit: number): number {
  const content = position + extensionHeaderBytes;
  if (content > limit) return broken;
  if (content > have) return incomplete;
  const next = content + uint16At(bytes, position + 2);
  if (next > limit) return broken;
  return next > have ? incomplete : next;
}

function clientHello(sni: HostName | null, alpn: readonly string[]): Verdict<TlsClientHello> {
  return decided({ protocol: 'TLS', sni, alpn });
}
