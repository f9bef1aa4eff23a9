/**
 * What the bucket holds of a range as its publisher knows it: of each key the content that counts, and the sequence the next put
 * must expect. While the bucket is read, all of its entries count; after that, only what this publisher stored: a foreign entry moves
 * the sequence alone, and is repaired. Invariant: `digest` and `count` are those of the live content.
 */
import { EntryTable } from '../digest/entry-table.ts';
import type { ReadEntry } from '../digest/read-message.ts';
import { SetDigest } from '../digest/set-digest.ts';

const nothing = new Uint8Array(32);

export class PublishedTable {
  readonly #entries = new EntryTable();
  readonly #digest = new SetDigest();
  #count = 0;
  /** By index, of those that were there when a comparison with the truth began. */
  #listed = new Uint8Array(0);

  get count(): number {
    return this.#count;
  }

  digest(): string {
    return this.#digest.hex();
  }

  /** 0: the key has never been written. */
  sequenceOf(key: string): number {
    const index = this.#entries.indexOf(key);
    return index < 0 ? 0 : this.#entries.sequenceAt(index);
  }

  /** null: nothing is known of the key. */
  versionOf(key: string): { readonly epoch: number; readonly generation: number; readonly isLive: boolean } | null {
    const index = this.#entries.indexOf(key);
    if (index < 0) return null;
    return {
      epoch: this.#entries.epochAt(index),
      generation: this.#entries.generationAt(index),
      isLive: this.#entries.isLiveAt(index),
    };
  }

  isSame(entry: ReadEntry): boolean {
    const index = this.#entries.indexOf(entry.key);
    return index >= 0 && this.#entries.isSameAt(index, entry);
  }

  store(entry: ReadEntry, sequence: number): void {
    const { key, epoch, generation, isLive, hash } = entry;
    const index = this.#entries.indexOf(key);
    if (index >= 0 && this.#entries.isLiveAt(index)) {
      this.#digest.remove(this.#entries.hashAt(index));
      this.#count -= 1;
    }
    this.#entries.set(key, { epoch, generation, isLive, hash, sequence });
    if (!isLive) return;
    this.#digest.add(hash);
    this.#count += 1;
  }

  /** Something else is under the key: what counts stays. */
  moveSequence(key: string, sequence: number, version: { readonly epoch: number; readonly generation: number }): void {
    const index = this.#entries.indexOf(key);
    if (index >= 0) this.#entries.setSequenceAt(index, sequence);
    else this.#entries.set(key, { ...version, isLive: false, hash: nothing, sequence });
  }

  /** Of a key that is not there: it was deleted with this generation, whatever the bucket says of it. */
  noteDeletion(key: string, version: { readonly epoch: number; readonly generation: number }): void {
    const index = this.#entries.indexOf(key);
    const before = this.versionOf(key);
    if (before?.isLive === true) return;
    if (before?.epoch === version.epoch && before.generation >= version.generation) return;
    const sequence = index < 0 ? 0 : this.#entries.sequenceAt(index);
    this.#entries.set(key, { ...version, isLive: false, hash: nothing, sequence });
  }

  beginComparison(): void {
    this.#listed = new Uint8Array(this.#entries.indexEnd);
  }

  markListed(key: string): void {
    const index = this.#entries.indexOf(key);
    if (index >= 0 && index < this.#listed.length) this.#listed[index] = 1;
  }

  /** Live keys that were there when the comparison began and that the truth did not name. */
  *unlisted(): Generator<string> {
    for (const [key, index] of this.#entries.entries()) {
      if (index < this.#listed.length && this.#listed[index] === 0 && this.#entries.isLiveAt(index)) yield key;
    }
  }
}
