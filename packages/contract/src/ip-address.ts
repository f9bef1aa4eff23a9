/**
 * IP address literals as bytes, and back as RFC 5952 writes them. Strict on purpose: no octal or short IPv4 forms, no
 * leading zeros, no zone identifiers, so that no two readers of one text can disagree about the address it names.
 */
export interface IpAddress {
  readonly family: 4 | 6;
  /** 4 or 16 numbers of 0..255, network order. */
  readonly bytes: readonly number[];
}

const ipv4Pattern = /^(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})$/;
const groupPattern = /^[0-9a-fA-F]{1,4}$/;

function parseIpv4(text: string): readonly number[] | null {
  const match = ipv4Pattern.exec(text);
  if (match === null) return null;
  const bytes = match.slice(1).map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : null;
}

function parseGroups(text: string): number[] | null {
  const bytes: number[] = [];
  if (text === '') return bytes;
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    const embedded = index === groups.length - 1 && group.includes('.') ? parseIpv4(group) : null;
    if (embedded !== null) {
      bytes.push(...embedded);
    } else if (groupPattern.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    } else {
      return null;
    }
  }
  return bytes;
}

function parseIpv6(text: string): readonly number[] | null {
  if (text.length > 45) return null;
  const halves = text.split('::');
  const [left = '', right] = halves;
  if (halves.length > 2) return null;
  const head = parseGroups(left);
  if (right === undefined) return head?.length === 16 && left !== '' ? head : null;
  if (left.includes('.')) return null;
  const tail = parseGroups(right);
  if (head === null || tail === null || head.length + tail.length > 14) return null;
  return [...head, ...Array.from({ length: 16 - head.length - tail.length }, () => 0), ...tail];
}

/** The address a literal names (IPv6 without brackets), or null when the text is none. */
export function parseIpAddress(text: string): IpAddress | null {
  const ipv4 = parseIpv4(text);
  if (ipv4 !== null) return { family: 4, bytes: ipv4 };
  const ipv6 = text.includes(':') ? parseIpv6(text) : null;
  return ipv6 === null ? null : { family: 6, bytes: ipv6 };
}

/** `::ffff:a.b.c.d`: an IPv4 address dressed as IPv6, which the configuration wants written as IPv4. */
export function isIpv4Mapped(address: IpAddress): boolean {
  const { family, bytes } = address;
  return family === 6 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
}

/** The canonical spelling: dotted decimal, or RFC 5952 (section 4: lower case, longest run of zero groups shortened). */
export function formatIpAddress(address: IpAddress): string {
  const { family, bytes } = address;
  if (family === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) => (bytes[index * 2] ?? 0) * 256 + (bytes[index * 2 + 1] ?? 0));
  let start = -1;
  let length = 1;
  for (let from = 0; from < 8; from += 1) {
    let to = from;
    while (to < 8 && groups[to] === 0) to += 1;
    if (to - from > length) [start, length] = [from, to - from];
  }
  const hex = groups.map((group) => group.toString(16));
  if (start === -1) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}
