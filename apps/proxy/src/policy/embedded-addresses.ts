/**
 * The addresses a packet to an address may end at: the address itself and the IPv4 addresses that the kernel, a NAT64 or a
 * tunnel takes out of it. A policy that looked at the outside alone would let `64:ff9b::a9fe:a9fe` through to the metadata
 * service.
 */
import { type IpAddress, ipv4Address, unmappedIpAddress } from '../routing/ip-address.ts';

/** The address (unmapped: ::ffff:0:0/96 is IPv4 to the kernel), then each IPv4 address inside it. */
export function withEmbeddedAddresses(address: IpAddress): readonly IpAddress[] {
  const outer = unmappedIpAddress(address);
  return [outer, ...embeddedWords(outer).map(ipv4Address)];
}

function embeddedWords(address: IpAddress): readonly number[] {
  if (address.family === 4) return [];
  const { word0, word1, word2, word3 } = address;
  // IPv4-compatible (RFC 4291 section 2.5.5.1), but :: and ::1 are addresses of their own.
  if (word0 === 0 && word1 === 0 && word2 === 0) return word3 === 0 || word3 === 1 ? [] : [word3];
  // The well-known NAT64 prefix 64:ff9b::/96 (RFC 6052 section 2.1).
  if (word0 === 0x0064ff9b && word1 === 0 && word2 === 0) return [word3];
  // 6to4, 2002:a.b.c.d::/48 (RFC 3056 section 2).
  if (word0 >>> 16 === 0x2002) return [(word0 << 16) | (word1 >>> 16)];
  // Teredo, 2001:0::/32: the server, and the client's address with all bits inverted (RFC 4380 section 4).
  if (word0 === 0x20010000) return [word1, ~word3];
  return [];
}
