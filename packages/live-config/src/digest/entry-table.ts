/**
 * What both sides remember of each entry of a range: epoch, generation, sequence, hash and whether it is live, in columns, so
 * that a million entries cost about 150 MB and the garbage collector nothing. Specs are not kept here.
 */
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
  readonly #indices = new Map<string, number>();
  readonly #free: number[] = [];
  #used = 0;
  #epochs = new Float64Array(smallest);
  #generations = new Float64Array(smallest);
  #sequences = new Float64Array(smallest);
  #live = new Uint8Array(smallest);
  #hashes = new Uint8Array(smallest * hashBytes);

  get size(): number {
    return this.#indices.size;
  }

  /** Indices are below this; they stay while their key does. */
  get indexEnd(): number {
    return this.#used;
  }

  /** Of the hashes, for SetDigest: those of index i begin at i * 32. */
  get hashes(): Uint8Array {
    return this.#hashes;
  }

  /** -1: no such key. */
  indexOf(key: string): number {
    return this.#indices.get(key) ?? -1;
  }

  entries(): IterableIterator<[string, number]> {
    return this.#indices.entries();
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
    this.#sequences[index] = sequence;
  }

  set(key: string, facts: EntryFacts): number {
    const index = this.#indices.get(key) ?? this.#take(key);
    this.#epochs[index] = facts.epoch;
    this.#generations[index] = facts.generation;
    this.#sequences[index] = facts.sequence;
    this.#live[index] = facts.isLive ? 1 : 0;
    if (facts.isLive) this.#hashes.set(facts.hash, index * hashBytes);
    return index;
  }

  delete(key: string): void {
    const index = this.#indices.get(key);
    if (index === undefined) return;
    this.#indices.delete(key);
    this.#free.push(index);
  }

  /** Of an index: is it this, of this generation, live and with this hash, or deleted as this is? */
  isSameAt(index: number, facts: Pick<EntryFacts, 'generation' | 'isLive' | 'hash'>): boolean {
    if (this.generationAt(index) !== facts.generation || this.isLiveAt(index) !== facts.isLive) return false;
    return !facts.isLive || isEqual(this.#hashes, index * hashBytes, facts.hash);
  }

  #take(key: string): number {
    const index = this.#free.pop() ?? this.#used;
    if (index === this.#used) this.#used += 1;
    if (index >= this.#live.length) this.#grow();
    this.#indices.set(key, index);
    return index;
  }

  #grow(): void {
    const size = this.#live.length * 2;
    this.#epochs = grown(this.#epochs, new Float64Array(size));
    this.#generations = grown(this.#generations, new Float64Array(size));
    this.#sequences = grown(this.#sequences, new Float64Array(size));
    this.#live = grown(this.#live, new Uint8Array(size));
    this.#hashes = grown(this.#hashes, new Uint8Array(size * hashBytes));
  }
}

function grown<Column extends Float64Array | Uint8Array>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}

function isEqual(hashes: Uint8Array, offset: number, hash: Uint8Array): boolean {
  for (let at = 0; at < hashBytes; at += 1) if (hashes[offset + at] !== hash[at]) return false;
  return true;
}
