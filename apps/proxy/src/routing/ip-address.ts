/**
 * An IP address as the proxy compares it: four words, most significant byte first. Text lives at the edges only
 * (parse-ip-address.ts, format-ip-address.ts); what routing and policy decide on is always this form.
 * Invariant: words are signed 32-bit integers (V8 keeps them unboxed, so comparing and masking never allocates), and the
 * three unused words of an IPv4 address are 0.
 */

export interface IpAddress {
  readonly family: 4 | 6;
  /** IPv4: the whole address; IPv6: its first four bytes. */
  readonly word0: number;
  readonly word1: number;
  readonly word2: number;
  readonly word3: number;
}

/** The IPv4 address with these 32 bits. */
export function ipv4Address(word: number): IpAddress {
  return { family: 4, word0: word | 0, word1: 0, word2: 0, word3: 0 };
}

/** The IPv6 address with these 128 bits. */
export function ipv6Address(word0: number, word1: number, word2: number, word3: number): IpAddress {
  return { family: 6, word0: word0 | 0, word1: word1 | 0, word2: word2 | 0, word3: word3 | 0 };
}

/** Reads 4 or 16 bytes in network order (SOCKS and PROXY protocol addresses); the caller has checked that they are there. */
export function ipAddressFromBytes(bytes: Uint8Array, start: number, family: 4 | 6): IpAddress {
  if (family === 4) return ipv4Address(wordAt(bytes, start));
  return ipv6Address(
    wordAt(bytes, start),
    wordAt(bytes, start + 4),
    wordAt(bytes, start + 8),
    wordAt(bytes, start + 12),
  );
}

/** Whether both are the same address of the same family; `::ffff:1.2.3.4` and `1.2.3.4` are not (see `unmappedIpAddress`). */
export function isSameIpAddress(a: IpAddress, b: IpAddress): boolean {
  return (
    a.family === b.family && a.word0 === b.word0 && a.word1 === b.word1 && a.word2 === b.word2 && a.word3 === b.word3
  );
}

/** Whether the address is `::ffff:a.b.c.d`, which the kernel treats as IPv4 (RFC 4291 section 2.5.5.2). */
export function isIpv4Mapped(address: IpAddress): boolean {
  return address.family === 6 && address.word0 === 0 && address.word1 === 0 && address.word2 === 0xffff;
}

/** The IPv4 address inside an IPv4-mapped one; every other address as it is. */
export function unmappedIpAddress(address: IpAddress): IpAddress {
  return isIpv4Mapped(address) ? ipv4Address(address.word3) : address;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (byteAt(bytes, at) << 24) | (byteAt(bytes, at + 1) << 16) | (byteAt(bytes, at + 2) << 8) | byteAt(bytes, at + 3)
  );
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}
