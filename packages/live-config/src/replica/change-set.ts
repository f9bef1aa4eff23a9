/**
 * Entries that differ from what is in force, the newest of each key, with the text of their specs. They are read in the order in
 * which each was set last.
 */
import { EntryTable, type EntryFacts } from '../digest/entry-table.ts';
import { Column } from '../store/column.ts';
import { TextLog } from '../store/text-log.ts';

export interface ChangedEntry {
  readonly key: string;
  readonly epoch: number;
  readonly generation: number;
  readonly hash: Uint8Array;
  /** null: deleted. */
  readonly specText: string | null;
}

/** No spec is an empty text. */
const deleted = '';
/** Texts of which none is the newest of its key, beyond as many as there are keys: then they are let go of. */
const maxOutdated = 4096;

export class ChangeSet {
  readonly facts = new EntryTable();
  #texts = new TextLog();
  /** By index, where the newest text is. */
  readonly #positions = new Column(Uint32Array);
  /** By position, whose text it is. */
  readonly #indices = new Column(Uint32Array);

  get size(): number {
    return this.facts.size;
  }

  set(key: string, facts: EntryFacts, specText: string | null): void {
    const index = this.facts.set(key, facts);
    this.#append(index, specText ?? deleted);
    if (this.#texts.end > 2 * this.size + maxOutdated) this.#compact();
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
    return index < 0 ? null : this.#at(index);
  }

  *keys(): Generator<string> {
    for (const [key] of this.facts.entries()) yield key;
  }

  *[Symbol.iterator](): Generator<ChangedEntry> {
    for (const index of this.#inOrder()) yield this.#at(index);
  }

  /** Each once; its text is let go of: a million of them need not be there twice. */
  *drain(): Generator<ChangedEntry> {
    for (const index of this.#inOrder()) {
      const entry = this.#at(index);
      this.#texts.dropBefore(this.#positions.at(index));
      yield entry;
    }
  }

  *#inOrder(): Generator<number> {
    for (let position = 0; position < this.#texts.end; position += 1) {
      const index = this.#indices.at(position);
      if (this.#positions.at(index) === position) yield index;
    }
  }

  #append(index: number, text: string): void {
    const position = this.#texts.append(text);
    this.#indices.set(position, index);
    this.#positions.set(index, position);
  }

  #compact(): void {
    const texts = this.#texts;
    const kept = [...this.#inOrder()].map((index) => [index, this.#positions.at(index)] as const);
    this.#texts = new TextLog();
    for (const [index, position] of kept) this.#append(index, texts.at(position) ?? deleted);
  }

  #at(index: number): ChangedEntry {
    return {
      key: this.facts.keyAt(index),
      epoch: this.facts.epochAt(index),
      generation: this.facts.generationAt(index),
      hash: this.facts.hashAt(index),
      specText: this.#texts.at(this.#positions.at(index)) || null,
    };
  }
}
