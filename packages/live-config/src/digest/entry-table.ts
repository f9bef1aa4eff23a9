/**
 * What both sides remember of each entry of a range: epoch, generation, sequence, hash and whether it is live, in columns
 * outside the JavaScript heap: a million entries cost about 80 MB and the garbage collector nothing. Specs are not kept here.
 */
import { grownColumn } from '../store/grown-column.ts';
import { PackedKeys } from '../store/packed-keys.ts';
import { hashBytes } from './entry-hash.ts';

export interface EntryFacts {
  readonly epoch: number;
  readonly generation: number;
  readonly isLive: boolean;
  /** Of a live entry; ignored otherwise. */
  readonly hash: Uint8Array;
  /** Of the bucket; 0 where nobody asks. */
  readonly sequence: number;
}

const smallest = 8;

export class EntryTable {
  readonly #keys = new PackedKeys();
  #epochs = new Float64Array(smallest);
  #generations = new Float64Array(smallest);
  /** Shorter than the others: zero from there on. Only publishers ask for them. */
  #sequences = new Float64Array(0);
  #live = new Uint8Array(smallest);
  #hashes = new Uint8Array(smallest * hashBytes);

  get size(): number {
    return this.#keys.size;
  }

  /** Indices are below this; they stay while their key does. */
  get indexEnd(): number {
    return this.#keys.end;
  }

  /** Of the hashes, for SetDigest: those of index i begin at i * 32. */
  get hashes(): Uint8Array {
    return this.#hashes;
  }

  /** -1: no such key. */
  indexOf(key: string): number {
    return this.#keys.indexOf(key);
  }

  keyAt(index: number): string {
    return this.#keys.keyAt(index);
  }

  entries(): Generator<[string, number]> {
    return this.#keys.entries();
  }

  epochAt(index: number): number {
    return this.#epochs[index] ?? 0;
  }

  generationAt(index: number): number {
    return this.#generations[index] ?? 0;
  }

  sequenceAt(index: number): number {
    return this.#sequences[index] ?? 0;
  }

  isLiveAt(index: number): boolean {
    return this.#live[index] === 1;
  }

  hashAt(index: number): Uint8Array {
    return this.#hashes.subarray(index * hashBytes, (index + 1) * hashBytes);
  }

  setEpochAt(index: number, epoch: number): void {
    this.#epochs[index] = epoch;
  }

  setSequenceAt(index: number, sequence: number): void {
    if (index < this.#sequences.length) this.#sequences[index] = sequence;
    else if (sequence !== 0) {
      this.#sequences = grownColumn(this.#sequences, this.#live.length);
      this.#sequences[index] = sequence;
    }
  }

  set(key: string, facts: EntryFacts): number {
    const index = this.#keys.take(key);
    if (index >= this.#live.length) this.#grow();
    this.#epochs[index] = facts.epoch;
    this.#generations[index] = facts.generation;
    this.setSequenceAt(index, facts.sequence);
    this.#live[index] = facts.isLive ? 1 : 0;
    if (facts.isLive) this.#hashes.set(facts.hash, index * hashBytes);
    return index;
  }

  delete(key: string): void {
    this.#keys.delete(key);
  }

  /** Of an index: is it this, of this generation, live and with this hash, or deleted as this is? */
  isSameAt(index: number, facts: Pick<EntryFacts, 'generation' | 'isLive' | 'hash'>): boolean {
    if (this.generationAt(index) !== facts.generation || this.isLiveAt(index) !== facts.isLive) return false;
    return !facts.isLive || isEqual(this.#hashes, index * hashBytes, facts.hash);
  }

  #grow(): void {
    const size = this.#live.length * 2;
    this.#epochs = grownColumn(this.#epochs, size);
    this.#generations = grownColumn(this.#generations, size);
    this.#live = grownColumn(this.#live, size);
    this.#hashes = grownColumn(this.#hashes, size * hashBytes);
  }
}

function isEqual(hashes: Uint8Array, offset: number, hash: Uint8Array): boolean {
  for (let at = 0; at < hashBytes; at += 1) if (hashes[offset + at] !== hash[at]) return false;
  return true;
}
