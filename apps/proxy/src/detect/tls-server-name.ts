/**
 * The server_name extension of a ClientHello (RFC 6066 section 3). A list with two host names is no name: servers differ
 * in which they take, and a router that guesses sends a client past the rules of the other.
 */
import { byteAt, uint16At } from './byte-at.ts';
import { type HostName, hostNameFromBytes } from './host-name.ts';

const hostNameType = 0;
const entryHeaderBytes = 3;

/** null: no entry, or none that is a host name and given once. undefined: the extension's lengths contradict each other. */
export function parseTlsServerName(bytes: Buffer, start: number, end: number): HostName | null | undefined {
  if (start === end) return null;
  if (start + 2 > end || start + 2 + uint16At(bytes, start) !== end) return undefined;
  let name: HostName | null = null;
  let names = 0;
  let position = start + 2;
  while (position < end) {
    const nameStart = position + entryHeaderBytes;
    if (nameStart > end) return undefined;
    const nameEnd = nameStart + uint16At(bytes, position + 1);
    if (nameEnd > end) return undefined;
    if (byteAt(bytes, position) === hostNameType) {
      names++;
      name = names === 1 ? hostNameFromBytes(bytes, nameStart, nameEnd) : null;
    }
    position = nameEnd;
  }
  return name;
}
