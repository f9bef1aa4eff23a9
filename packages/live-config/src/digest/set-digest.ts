/**
 * The digest of a set of entries: the sum of their hashes modulo 2^256. Adding and removing one costs eight additions, in any
 * order, whatever the size of the set. Invariant: the digest is that of exactly what was added and not removed since.
 */
import { hashBytes } from './entry-hash.ts';

const limbs = hashBytes / 4;

export class SetDigest {
  /** Least significant first. */
  readonly #words = new Uint32Array(limbs);

  add(hashes: Uint8Array, offset = 0): void {
    let carry = 0;
    for (let limb = 0; limb < limbs; limb += 1) {
      // Below 2^34: exact.
      const sum = (this.#words[limb] ?? 0) + wordAt(hashes, offset, limb) + carry;
      this.#words[limb] = sum;
      carry = sum > 0xffff_ffff ? 1 : 0;
    }
  }

  remove(hashes: Uint8Array, offset = 0): void {
    let borrow = 0;
    for (let limb = 0; limb < limbs; limb += 1) {
      const difference = (this.#words[limb] ?? 0) - wordAt(hashes, offset, limb) - borrow;
      this.#words[limb] = difference;
      borrow = difference < 0 ? 1 : 0;
    }
  }

  copy(): SetDigest {
    const copied = new SetDigest();
    copied.#words.set(this.#words);
    return copied;
  }

  /** 64 lower-case hex digits, most significant first; all zero for the empty set. */
  hex(): string {
    let text = '';
    for (let limb = limbs - 1; limb >= 0; limb -= 1) text += (this.#words[limb] ?? 0).toString(16).padStart(8, '0');
    return text;
  }
}

function wordAt(bytes: Uint8Array, offset: number, limb: number): number {
  const at = offset + hashBytes - 4 * (limb + 1);
  const high = (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)) << 16;
  return (high | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
}
