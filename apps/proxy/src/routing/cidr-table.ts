/**
 * Values by address block, found by longest prefix. One hash lookup for each prefix length in use (at most 33 and 129),
 * independent of the number of blocks; a lookup does not allocate. Built once, then only read.
 */
import type { Cidr } from './cidr.ts';
import type { IpAddress } from './ip-address.ts';

export interface CidrEntry<Value> {
  readonly prefixLength: number;
  readonly value: Value;
}

interface ChainedEntry<Value> extends CidrEntry<Value> {
  readonly network: IpAddress;
  readonly next: ChainedEntry<Value> | undefined;
}

interface PrefixLevel<Value> {
  readonly prefixLength: number;
  readonly mask: IpAddress;
  readonly entries: Map<number, ChainedEntry<Value>>;
}

/** Longer than every prefix: the search starts with the longest there is. */
const unbounded = 129;

export class CidrTable<Value> {
  /** Longest prefix first. */
  readonly #levels4: PrefixLevel<Value>[] = [];
  readonly #levels6: PrefixLevel<Value>[] = [];

  /** The value of exactly this block, made and kept by `create` when there is none. */
  getOrCreate(cidr: Cidr, create: () => Value): Value {
    const { entries } = this.#level(cidr);
    const { network } = cidr;
    const key = hashMasked(network, cidr.mask);
    const first = entries.get(key);
    const known = findIn(first, network, cidr.mask);
    if (known !== undefined) return known.value;
    const value = create();
    entries.set(key, { prefixLength: cidr.prefixLength, value, network, next: first });
    return value;
  }

  /**
   * The entry with the longest prefix that holds the address, among prefixes shorter than `below`: pass the length of an
   * entry that did not serve to get the next one.
   */
  longest(address: IpAddress, below: number = unbounded): CidrEntry<Value> | undefined {
    const levels = address.family === 4 ? this.#levels4 : this.#levels6;
    for (const level of levels) {
      if (level.prefixLength >= below) continue;
      const entry = findIn(level.entries.get(hashMasked(address, level.mask)), address, level.mask);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  #level(cidr: Cidr): PrefixLevel<Value> {
    const levels = cidr.network.family === 4 ? this.#levels4 : this.#levels6;
    const at = levels.findIndex((level) => level.prefixLength <= cidr.prefixLength);
    const known = levels[at];
    if (known?.prefixLength === cidr.prefixLength) return known;
    const level = { prefixLength: cidr.prefixLength, mask: cidr.mask, entries: new Map() };
    levels.splice(at === -1 ? levels.length : at, 0, level);
    return level;
  }
}

function findIn<Value>(
  first: ChainedEntry<Value> | undefined,
  address: IpAddress,
  mask: IpAddress,
): ChainedEntry<Value> | undefined {
  for (let entry = first; entry !== undefined; entry = entry.next) {
    const { network } = entry;
    if (
      (address.word0 & mask.word0) === network.word0 &&
      (address.word1 & mask.word1) === network.word1 &&
      (address.word2 & mask.word2) === network.word2 &&
      (address.word3 & mask.word3) === network.word3
    ) {
      return entry;
    }
  }
  return undefined;
}

/** Mixes the four masked words into one 32-bit key; the keys come from the configuration, so no secret is needed. */
function hashMasked(address: IpAddress, mask: IpAddress): number {
  let hash = address.word0 & mask.word0;
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) ^ (address.word1 & mask.word1);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39) ^ (address.word2 & mask.word2);
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) ^ (address.word3 & mask.word3);
}
