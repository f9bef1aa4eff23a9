/**
 * Where a forward proxy's client wants to go: a canonical host name or a binary address, and a port. Made only here, out of
 * client text; permission and resolution come later and judge the address that is dialled.
 * Invariant: text that a resolver could read as an address in another spelling (`0x7f.1`, `127.1`, `017700000001`) is neither a
 * name nor an address, so it reaches no resolver.
 */
import { type HostName, parseHostName } from '../detect/host-name.ts';
import type { IpAddress } from '../routing/ip-address.ts';
import { parseIpAddress } from '../routing/parse-ip-address.ts';

export type DestinationHost =
  | { readonly kind: 'domain'; readonly name: HostName }
  | { readonly kind: 'address'; readonly address: IpAddress };

/** `port` is 1 to 65535. */
export type Destination = DestinationHost & { readonly port: number };

/** The longest host text: 253 characters of a name and its trailing dot. */
const maxHostLength = 254;
const authority = /^(\[)?([^[\]]*)(\])?:([1-9][0-9]{0,4})$/;

/** The host of a SOCKS domain address: a name, a dotted quad, or a bare IPv6 address as Chromium sends it. Null for all else. */
export function parseDestinationHost(text: string): DestinationHost | null {
  if (text.length > maxHostLength) return null;
  const address = parseIpAddress(text);
  if (address !== undefined) return { kind: 'address', address };
  const name = parseHostName(text);
  return name === null ? null : { kind: 'domain', name };
}

/** A CONNECT target (RFC 9110 section 7.1, authority-form): `name:port`, `192.0.2.1:port`, `[2001:db8::1]:port`. Null for all else. */
export function parseAuthority(text: string): Destination | null {
  const match = authority.exec(text);
  if (match === null) return null;
  const [, opening, hostText = '', closing, portText = ''] = match;
  const port = Number(portText);
  const isBracketed = opening !== undefined;
  if (port > 65_535 || isBracketed !== (closing !== undefined)) return null;
  // Brackets hold IPv6 and nothing else; IPv6 is never without them (RFC 3986 section 3.2.2).
  if (isBracketed !== hostText.includes(':')) return null;
  const host = parseDestinationHost(hostText);
  return host === null ? null : { ...host, port };
}
