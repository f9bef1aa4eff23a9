/**
 * What both sides remember of each entry of a range: epoch, generation, sequence, hash and whether it is live, in columns
 * outside the JavaScript heap: a million entries cost about 80 MB and the garbage collector nothing. Specs are not kept here.
 */
import { ByteRows } from '../store/byte-rows.ts';
import { Column } from '../store/column.ts';
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

export class EntryTable {
  readonly #keys = new PackedKeys();
  readonly #epochs = new Column(Float64Array);
  readonly #generations = new Column(Float64Array);
  /** Only publishers have them. */
  readonly #sequences = new Column(Float64Array);
  readonly #live = new Column(Uint8Array);
  readonly #hashes = new ByteRows(hashBytes);

  get size(): number {
    return this.#keys.size;
  }

  /** Indices are below this; they stay while their key does. */
  get indexEnd(): number {
    return this.#keys.end;
  }

  /** -1: no such key. */
  indexOf(key: string): number {
    return this.#keys.indexOf(key);
  }

  has(index: number): boolean {
    return this.#keys.has(index);
  }

  keyAt(index: number): string {
    return this.#keys.keyAt(index);
  }

  entries(): Generator<[string, number]> {
    return this.#keys.entries();
  }

  epochAt(index: number): number {
    return this.#epochs.at(index);
  }

  generationAt(index: number): number {
    return this.#generations.at(index);
  }

  sequenceAt(index: number): number {
    return this.#sequences.at(index);
  }

  isLiveAt(index: number): boolean {
    return this.#live.at(index) === 1;
  }

  /** A view, good until the next `set`. */
  hashAt(index: number): Uint8Array {
    return this.#hashes.at(index);
  }

  /** Good until the next `set`. */
  factsAt(index: number): EntryFacts {
    return {
      epoch: this.epochAt(index),
      generation: this.generationAt(index),
      isLive: this.isLiveAt(index),
      hash: this.hashAt(index),
      sequence: this.sequenceAt(index),
    };
  }

  setEpochAt(index: number, epoch: number): void {
    this.#epochs.set(index, epoch);
  }

  setSequenceAt(index: number, sequence: number): void {
    this.#sequences.set(index, sequence);
  }

  set(key: string, facts: EntryFacts): number {
    const index = this.#keys.take(key);
    this.#epochs.set(index, facts.epoch);
    this.#generations.set(index, facts.generation);
    this.#sequences.set(index, facts.sequence);
    this.#live.set(index, facts.isLive ? 1 : 0);
    if (facts.isLive) this.#hashes.set(index, facts.hash);
    return index;
  }

  delete(key: string): void {
    this.#keys.delete(key);
  }

  /** Of an index: is it this, of this generation, live and with this hash, or deleted as this is? */
  isSameAt(index: number, facts: Pick<EntryFacts, 'generation' | 'isLive' | 'hash'>): boolean {
    if (this.generationAt(index) !== facts.generation || this.isLiveAt(index) !== facts.isLive) return false;
    return !facts.isLive || this.#hashes.isEqual(index, facts.hash);
  }
}
