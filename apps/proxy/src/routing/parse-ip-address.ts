/**
 * Address text to IpAddress, as strict as inet_pton(3): no octal, hexadecimal, short or whole-number IPv4 and no zone
 * identifier. One text has one meaning or none: the lenient spellings (`0177.1`, `0x7f.1`) are how requests get past
 * address filters.
 */
import { type IpAddress, ipv4Address, ipv6Address } from './ip-address.ts';

const longestIpv4 = 15;
const longestIpv6 = 45;
const dot = 0x2e;
const zero = 0x30;
const groupPattern = /^[0-9a-f]{1,4}$/i;
const zeroGroups: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0];

/** The address, or undefined when the text is none: a host name, an address with a port, brackets or zone, a lenient spelling. */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (text.includes(':')) return parseIpv6(text);
  const word = readIpv4(text);
  return word === undefined ? undefined : ipv4Address(word);
}

function readIpv4(text: string): number | undefined {
  if (text.length > longestIpv4) return undefined;
  let word = 0;
  let octets = 0;
  let octet = -1;
  for (let at = 0; at <= text.length; at++) {
    const code = at < text.length ? text.charCodeAt(at) : dot;
    if (code === dot) {
      if (octet < 0) return undefined;
      word = (word << 8) | octet;
      octets++;
      octet = -1;
      continue;
    }
    octet = withDigit(octet, code - zero);
    if (octet < 0) return undefined;
  }
  return octets === 4 ? word : undefined;
}

/** The octet with one digit more, or -1. A zero takes no second digit: `010` is 8 to some readers and 10 to others. */
function withDigit(octet: number, digit: number): number {
  if (digit < 0 || digit > 9 || octet === 0) return -1;
  const value = octet < 0 ? digit : octet * 10 + digit;
  return value > 255 ? -1 : value;
}

function parseIpv6(text: string): IpAddress | undefined {
  if (text.length > longestIpv6) return undefined;
  const gap = text.indexOf('::');
  if (gap === -1) return fromGroups(readGroups(text, true));
  const head = readGroups(text.slice(0, gap), false);
  const tail = readGroups(text.slice(gap + 2), true);
  // RFC 4291 section 2.2: "::" stands for one or more groups; inet_pton refuses it for none.
  if (head === undefined || tail === undefined || head.length + tail.length > 7) return undefined;
  return fromGroups([...head, ...zeroGroups.slice(head.length + tail.length), ...tail]);
}

function readGroups(text: string, dottedTail: boolean): readonly number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (groupPattern.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const word = dottedTail && index === parts.length - 1 ? readIpv4(part) : undefined;
    if (word === undefined) return undefined;
    groups.push(word >>> 16, word & 0xffff);
  }
  return groups;
}

function fromGroups(groups: readonly number[] | undefined): IpAddress | undefined {
  if (groups?.length !== 8) return undefined;
  const word = (index: number): number => ((groups[index] ?? 0) << 16) | (groups[index + 1] ?? 0);
  return ipv6Address(word(0), word(2), word(4), word(6));
}
