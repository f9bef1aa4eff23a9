/**
 * Numbers keys: 0, 1, 2 …, for columns beside it; the number of a deleted key is given again. Keys and index are outside the
 * JavaScript heap. The index is split where it grows (extendible hashing), so that no single call costs more than some
 * thousand steps, however many keys there are. Invariant: a key keeps its number while it is there.
 */
import { Buffer } from 'node:buffer';
import { ByteBlocks } from './byte-blocks.ts';
import { Column } from './column.ts';

const smallest = 8;
const maxSlots = 8192;
/** Deeper, hashes are so much alike that a part of the index grows instead. */
const maxDepth = 14;

/** A part of the index: numbers of keys plus one, in open addressing; 0: free. */
interface Part {
  readonly slots: Uint32Array;
  /** Low bits of the hash that its keys have in common. */
  readonly depth: number;
  readonly count: number;
}

type MutablePart = { -readonly [Field in keyof Part]: Part[Field] };

export class PackedKeys {
  readonly #blocks = new ByteBlocks();
  #size = 0;
  #end = 0;
  /** By index; 0: there is no such key. */
  readonly #references = new Column(Uint32Array);
  /** Of a number that is free: the next one that is, plus one. */
  readonly #hashes = new Column(Uint32Array);
  /** Plus one; 0: none. */
  #firstFree = 0;
  /** By the low `#depth` bits of the hash. */
  #parts: MutablePart[] = [{ slots: new Uint32Array(smallest), depth: 0, count: 0 }];
  #depth = 0;
  #scratch = Buffer.alloc(0);

  get size(): number {
    return this.#size;
  }

  /** Numbers are below this. */
  get end(): number {
    return this.#end;
  }

  /** -1: no such key. */
  indexOf(key: string): number {
    if (this.#size === 0 || !key.isWellFormed()) return -1;
    const bytes = this.#bytesOf(key);
    const hash = hashOf(bytes);
    const part = this.#partOf(hash);
    return (part.slots[this.#slotOf(part.slots, hash, bytes)] ?? 0) - 1;
  }

  has(index: number): boolean {
    return this.#references.at(index) !== 0;
  }

  keyAt(index: number): string {
    return this.#blocks.text(this.#references.at(index));
  }

  /** The number of a key, which is given one if it has none. */
  take(key: string): number {
    if (!key.isWellFormed()) throw new RangeError('a key is not well-formed Unicode');
    const bytes = this.#bytesOf(key);
    const hash = hashOf(bytes);
    const part = this.#partOf(hash);
    const slot = this.#slotOf(part.slots, hash, bytes);
    const known = part.slots[slot] ?? 0;
    if (known !== 0) return known - 1;
    const index = this.#nextIndex();
    this.#references.set(index, this.#blocks.put(bytes));
    this.#hashes.set(index, hash);
    this.#size += 1;
    part.slots[slot] = index + 1;
    part.count += 1;
    if (part.count * 4 > part.slots.length * 3) this.#relieve(part, hash);
    return index;
  }

  /** The number that it had; -1: no such key. */
  delete(key: string): number {
    if (!key.isWellFormed()) return -1;
    const bytes = this.#bytesOf(key);
    const hash = hashOf(bytes);
    const part = this.#partOf(hash);
    const slot = this.#slotOf(part.slots, hash, bytes);
    const index = (part.slots[slot] ?? 0) - 1;
    if (index < 0) return -1;
    this.#blocks.free(this.#references.at(index));
    this.#references.set(index, 0);
    this.#size -= 1;
    part.count -= 1;
    this.#closeGap(part.slots, slot);
    this.#hashes.set(index, this.#firstFree);
    this.#firstFree = index + 1;
    return index;
  }

  *entries(): Generator<[string, number]> {
    for (let index = 0; index < this.#end; index += 1) if (this.has(index)) yield [this.keyAt(index), index];
  }

  #nextIndex(): number {
    if (this.#firstFree !== 0) {
      const free = this.#firstFree - 1;
      this.#firstFree = this.#hashes.at(free);
      return free;
    }
    this.#end += 1;
    return this.#end - 1;
  }

  #bytesOf(key: string): Uint8Array {
    const most = key.length * 3;
    if (this.#scratch.length < most) this.#scratch = Buffer.alloc(Math.max(64, most));
    return this.#scratch.subarray(0, this.#scratch.write(key, 'utf8'));
  }

  #partOf(hash: number): MutablePart {
    const part = this.#parts[hash & (2 ** this.#depth - 1)];
    if (part === undefined) throw new Error('the index has a hole');
    return part;
  }

  /** Where a key is, or else may be put. */
  #slotOf(slots: Uint32Array, hash: number, bytes: Uint8Array): number {
    const mask = slots.length - 1;
    for (let slot = homeOf(hash, mask); ; slot = (slot + 1) & mask) {
      const index = (slots[slot] ?? 0) - 1;
      if (index < 0) return slot;
      if (this.#hashes.at(index) === hash && this.#blocks.isEqual(this.#references.at(index), bytes)) return slot;
    }
  }

  /** Moves up what is behind a slot that has become free, so that it is found from where it would be looked for. */
  #closeGap(slots: Uint32Array, from: number): void {
    const mask = slots.length - 1;
    let gap = from;
    for (let slot = (gap + 1) & mask; (slots[slot] ?? 0) !== 0; slot = (slot + 1) & mask) {
      const home = homeOf(this.#hashes.at((slots[slot] ?? 0) - 1), mask);
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue;
      slots[gap] = slots[slot] ?? 0;
      gap = slot;
    }
    slots[gap] = 0;
  }

  #relieve(part: MutablePart, hash: number): void {
    if (part.slots.length < maxSlots || part.depth >= maxDepth) {
      this.#replace(hash, part.depth, [this.#partWith(part, part.slots.length * 2, part.depth, () => true)]);
      return;
    }
    if (part.depth === this.#depth) {
      this.#parts = [...this.#parts, ...this.#parts];
      this.#depth += 1;
    }
    const bit = 2 ** part.depth;
    const half = (isUpper: boolean): MutablePart =>
      this.#partWith(part, part.slots.length, part.depth + 1, (other) => ((other & bit) !== 0) === isUpper);
    this.#replace(hash, part.depth, [half(false), half(true)]);
  }

  /** One part, or two that the next bit tells apart, for those of whom the hash is one. */
  #replace(hash: number, depth: number, [lower, upper = lower]: readonly [MutablePart, MutablePart?]): void {
    const bit = 2 ** depth;
    for (let at = hash & (bit - 1); at < this.#parts.length; at += bit) {
      this.#parts[at] = (at & bit) === 0 ? lower : upper;
    }
  }

  #partWith(from: Part, length: number, depth: number, isIn: (hash: number) => boolean): MutablePart {
    const slots = new Uint32Array(length);
    const mask = length - 1;
    let count = 0;
    for (const taken of from.slots) {
      const hash = this.#hashes.at(taken - 1);
      if (taken === 0 || !isIn(hash)) continue;
      let slot = homeOf(hash, mask);
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = taken;
      count += 1;
    }
    return { slots, depth, count };
  }
}

/** The high bits: those that are alike in a part are the low ones. */
function homeOf(hash: number, mask: number): number {
  return (hash >>> maxDepth) & mask;
}

/** FNV-1a, and the finish of MurmurHash3, which spreads it over all bits. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  // By index: an iterator costs as much as all else.
  for (let at = 0; at < bytes.length; at += 1) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
