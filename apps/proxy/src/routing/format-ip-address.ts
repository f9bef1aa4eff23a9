/**
 * IpAddress to its one canonical text (RFC 5952): lower case, no leading zeros, the longest run of two or more zero groups
 * shortened (the first of equals), IPv4-mapped addresses with a dotted tail (section 5).
 */
import { type IpAddress, isIpv4Mapped } from './ip-address.ts';

/** `192.0.2.1`, `2001:db8::1`, `::ffff:192.0.2.1`. */
export function formatIpAddress(address: IpAddress): string {
  if (address.family === 4) return formatIpv4(address.word0);
  if (isIpv4Mapped(address)) return `::ffff:${formatIpv4(address.word3)}`;
  return formatIpv6(address);
}

/** `192.0.2.1:443`, `[2001:db8::1]:443`. */
export function formatSocketAddress(address: IpAddress, port: number): string {
  return address.family === 4 ? `${formatIpv4(address.word0)}:${port}` : `[${formatIpAddress(address)}]:${port}`;
}

function formatIpv4(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 0xff}.${(word >>> 8) & 0xff}.${word & 0xff}`;
}

function formatIpv6(address: IpAddress): string {
  const { word0, word1, word2, word3 } = address;
  const groups = [word0, word1, word2, word3].flatMap((word) => [word >>> 16, word & 0xffff]);
  const run = longestZeroRun(groups);
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  if (run.length < 2) return text(groups);
  return `${text(groups.slice(0, run.start))}::${text(groups.slice(run.start + run.length))}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  for (const [index, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > best.length) best = { start: index - length + 1, length };
  }
  return best;
}
