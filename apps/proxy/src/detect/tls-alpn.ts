/**
 * The application_layer_protocol_negotiation extension of a ClientHello (RFC 7301 section 3.1). Protocol names are bytes;
 * they become text one character a byte (latin1), so that different names stay different and `h2` compares as written.
 */
import { byteAt, uint16At } from './byte-at.ts';

/** Names reported of a longer list: clients offer up to ten, and the list goes to the access log. All are checked. */
const maxAlpnNames = 64;

/** In the client's order. undefined: an empty list or name, or lengths that contradict each other. */
export function parseTlsAlpn(bytes: Buffer, start: number, end: number): readonly string[] | undefined {
  if (start + 2 >= end || start + 2 + uint16At(bytes, start) !== end) return undefined;
  const names: string[] = [];
  let position = start + 2;
  while (position < end) {
    const nameStart = position + 1;
    const nameEnd = nameStart + byteAt(bytes, position);
    if (nameEnd === nameStart || nameEnd > end) return undefined;
    if (names.length < maxAlpnNames) names.push(bytes.toString('latin1', nameStart, nameEnd));
    position = nameEnd;
  }
  return names;
}
