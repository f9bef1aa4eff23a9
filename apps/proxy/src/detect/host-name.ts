/**
 * The one host name type: what an SNI, a CONNECT or SOCKS target and a configured name become before anything compares,
 * logs or forwards them. A HostName is lower case, without a trailing dot, 1 to 253 characters of letters, digits, `-`,
 * `_` and `.`, in labels of 1 to 63 that neither start nor end with `-` (RFC 5890 section 2.3.1, plus the underscore that
 * real names have), and is no address. Only this file makes one, so no other byte reaches a log line or an upstream.
 */
import { byteAt } from './byte-at.ts';

declare const hostNameBrand: unique symbol;

export type HostName = string & { readonly [hostNameBrand]: true };

const maxNameLength = 253;
const maxLabelLength = 63;

const dot = 0x2e;
const hyphen = 0x2d;
const zero = 0x30;

/** What the table says of a byte; `outside` is part of no label. */
const outside = 0;
const digit = 1;
const hexLetter = 2;
const otherLabelCharacter = 3;
const upperCase = 4;

const classOfByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => classify(String.fromCharCode(byte))));

/** The name in `bytes[start, end)`, or null when those bytes are no host name. */
export function hostNameFromBytes(bytes: Buffer, start: number, end: number): HostName | null {
  const nameEnd = end > start && byteAt(bytes, end - 1) === dot ? end - 1 : end;
  if (nameEnd - start > maxNameLength) return null;
  let labelStart = start;
  let seen = 0;
  for (let index = start; index < nameEnd; index++) {
    const byte = byteAt(bytes, index);
    if (byte === dot) {
      if (!isLabel(bytes, labelStart, index)) return null;
      labelStart = index + 1;
      continue;
    }
    const byteClass = byteAt(classOfByte, byte);
    if (byteClass === outside) return null;
    seen |= byteClass;
  }
  if (!isLabel(bytes, labelStart, nameEnd) || isNumber(bytes, labelStart, nameEnd)) return null;
  const text = bytes.toString('latin1', start, nameEnd);
  return ((seen & upperCase) === 0 ? text : text.toLowerCase()) as HostName;
}

/** The same of text (a configured name, a CONNECT target); null when it is no host name. */
export function parseHostName(text: string): HostName | null {
  // As UTF-8 a character beyond ASCII becomes bytes beyond ASCII, which no label has.
  const bytes = Buffer.from(text);
  return hostNameFromBytes(bytes, 0, bytes.length);
}

function isLabel(bytes: Buffer, start: number, end: number): boolean {
  if (start === end || end - start > maxLabelLength) return false;
  return byteAt(bytes, start) !== hyphen && byteAt(bytes, end - 1) !== hyphen;
}

/**
 * A name whose last label is decimal or 0x-hexadecimal is an address to some resolver (`192.0.2.1`, `127.1`,
 * `2130706433`, `0x7f.1`; WHATWG URL section 3.5, "ends in a number"), and no top-level domain is numeric (RFC 3696).
 */
function isNumber(bytes: Buffer, start: number, end: number): boolean {
  const isHex = byteAt(bytes, start) === zero && (byteAt(bytes, start + 1) | 0x20) === 0x78 && end - start >= 2;
  for (let index = isHex ? start + 2 : start; index < end; index++) {
    const byteClass = byteAt(classOfByte, byteAt(bytes, index)) & ~upperCase;
    if (byteClass !== digit && !(isHex && byteClass === hexLetter)) return false;
  }
  return true;
}

function classify(character: string): number {
  if (/[0-9]/.test(character)) return digit;
  if (/[a-f]/.test(character)) return hexLetter;
  if (/[g-z_-]/.test(character)) return otherLabelCharacter;
  if (/[A-F]/.test(character)) return hexLetter | upperCase;
  if (/[G-Z]/.test(character)) return otherLabelCharacter | upperCase;
  return outside;
}
