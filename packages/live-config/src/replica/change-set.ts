/** Entries that differ from what is in force, the newest of each key, with the text of their specs. */
import { EntryTable, type EntryFacts } from '../digest/entry-table.ts';

export interface ChangedEntry {
  readonly key: string;
  readonly epoch: number;
  readonly generation: number;
  readonly hash: Uint8Array;
  /** null: deleted. */
  readonly specText: string | null;
}

export class ChangeSet {
  readonly facts = new EntryTable();
  readonly #texts: (string | null)[] = [];

  get size(): number {
    return this.facts.size;
  }

  set(key: string, facts: EntryFacts, specText: string | null): void {
    this.#texts[this.facts.set(key, facts)] = specText;
  }

  /** Those of `later` win. */
  merge(later: ChangeSet): void {
    for (const { key, epoch, generation, hash, specText } of later) {
      this.set(key, { epoch, generation, hash, isLive: specText !== null, sequence: 0 }, specText);
    }
  }

  /** null: it is not among them. */
  get(key: string): ChangedEntry | null {
    const index = this.facts.indexOf(key);
    return index < 0 ? null : this.#at(key, index);
  }

  *[Symbol.iterator](): Generator<ChangedEntry> {
    for (const [key, index] of this.facts.entries()) yield this.#at(key, index);
  }

  /** Each once; its text is let go of: a million of them need not be there twice. */
  *drain(): Generator<ChangedEntry> {
    for (const [key, index] of this.facts.entries()) {
      const entry = this.#at(key, index);
      this.#texts[index] = null;
      yield entry;
    }
  }

  #at(key: string, index: number): ChangedEntry {
    return {
      key,
      epoch: this.facts.epochAt(index),
      generation: this.facts.generationAt(index),
      hash: this.facts.hashAt(index),
      specText: this.#texts[index] ?? null,
    };
  }
}
