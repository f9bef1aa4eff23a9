/**
 * The addresses a PROXY protocol header carries, as the rest of the proxy compares them: one spelling for each address
 * (RFC 5952), and IPv4 for an IPv4-mapped one, so that a rule for 10.0.0.0/8 holds however the sender wrote it.
 */
import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import { byteAt, uint16At } from './byte-at.ts';
import type { TransportAddress } from './detection.ts';

const mappedPrefix = '::ffff:';
const decimalPort = /^(?:0|[1-9][0-9]{0,4})$/;

/** null: not an address of that family, or not a port. IPv4 is strict (`192.0.02.1` is none), IPv6 must come without a zone. */
export function parseTransportAddress(family: 4 | 6, address: string, port: string): TransportAddress | null {
  const portNumber = decimalPort.test(port) ? Number(port) : 65_536;
  if (portNumber > 65_535) return null;
  if (family === 4) return isIPv4(address) ? { address, port: portNumber } : null;
  if (!isIPv6(address)) return null;
  return { address: canonicalIPv6(address), port: portNumber };
}

export function readIPv4(bytes: Buffer, position: number): string {
  return `${byteAt(bytes, position)}.${byteAt(bytes, position + 1)}.${byteAt(bytes, position + 2)}.${byteAt(bytes, position + 3)}`;
}

export function readIPv6(bytes: Buffer, position: number): string {
  const groups = Array.from({ length: 8 }, (_, group) => uint16At(bytes, position + 2 * group).toString(16));
  return canonicalIPv6(groups.join(':'));
}

function canonicalIPv6(text: string): string {
  const { address } = new SocketAddress({ address: text, family: 'ipv6' });
  const mapped = address.startsWith(mappedPrefix) ? address.slice(mappedPrefix.length) : '';
  return isIPv4(mapped) ? mapped : address;
}
