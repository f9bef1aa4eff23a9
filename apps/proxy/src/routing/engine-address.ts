/**
 * The address form of the engine's ring records: four u32 words whose memory is the address in network order, on a little
 * endian machine (IPv4: `word0 = a | b << 8 | c << 16 | d << 24`, the others 0). The port travels beside it.
 */
import { type IpAddress, ipv4Address, ipv6Address, unmappedIpAddress } from './ip-address.ts';

/**
 * The address in the four words from `offset`. A client of a dual-stack socket arrives IPv4-mapped and is given as the IPv4
 * address it is, so that `sources` and logs know one form.
 */
export function readEngineAddress(words: Uint32Array, offset: number, family: 4 | 6): IpAddress {
  const word0 = swapBytes(words[offset] ?? 0);
  if (family === 4) return ipv4Address(word0);
  return unmappedIpAddress(
    ipv6Address(
      word0,
      swapBytes(words[offset + 1] ?? 0),
      swapBytes(words[offset + 2] ?? 0),
      swapBytes(words[offset + 3] ?? 0),
    ),
  );
}

/** Writes all four words from `offset`; the family goes into the record by the caller. */
export function writeEngineAddress(words: Uint32Array, offset: number, address: IpAddress): void {
  words[offset] = swapBytes(address.word0);
  words[offset + 1] = swapBytes(address.word1);
  words[offset + 2] = swapBytes(address.word2);
  words[offset + 3] = swapBytes(address.word3);
}

function swapBytes(word: number): number {
  return (word >>> 24) | ((word >>> 8) & 0xff00) | ((word & 0xff00) << 8) | (word << 24);
}
