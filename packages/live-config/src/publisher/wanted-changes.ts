/**
 * Changes on their way into the bucket: those of the batch under way and those of the next, the newest generation of each key. A change
 * that arrives while its key's is being put waits for the next batch, which keeps the order of a key. Specs are here only until
 * they are stored.
 */

export interface Wanted {
  readonly generation: number;
  /** null: deleted. */
  readonly specText: string | null;
  /** `Truth` is right whatever the bucket says; `Change` may be older than what was published; `Repair` is put in any case. */
  readonly from: 'Truth' | 'Change' | 'Repair';
}

/** More changes than this at once are published in several revisions. */
const maxBatchKeys = 10_000;

export class WantedChanges {
  #batch = new Map<string, Wanted>();
  #next = new Map<string, Wanted>();
  /** Changes that a newer one of the same key made superfluous. */
  coalesced = 0;

  get batchSize(): number {
    return this.#batch.size;
  }

  get size(): number {
    return this.#batch.size + this.#next.size;
  }

  get hasNext(): boolean {
    return this.#next.size > 0;
  }

  addToBatch(key: string, wanted: Wanted): void {
    this.#add(this.#batch, key, wanted);
  }

  addToNext(key: string, wanted: Wanted): void {
    this.#add(this.#next, key, wanted);
  }

  /** The next batch begins. */
  turn(): void {
    if (this.#batch.size > 0) return;
    if (this.#next.size <= maxBatchKeys) {
      this.#batch = this.#next;
      this.#next = new Map();
      return;
    }
    for (const [key, wanted] of this.#next) {
      if (this.#batch.size >= maxBatchKeys) break;
      this.#batch.set(key, wanted);
      this.#next.delete(key);
    }
  }

  /** The changes of the next batch become part of this one. */
  joinNext(): void {
    for (const [key, wanted] of this.#next) this.#add(this.#batch, key, wanted);
    this.#next.clear();
  }

  /** The first of the batch whose key is free, which leaves the batch with it. */
  take(isFree: (key: string) => boolean): { readonly key: string; readonly wanted: Wanted } | null {
    for (const [key, wanted] of this.#batch) {
      if (!isFree(key)) continue;
      this.#batch.delete(key);
      return { key, wanted };
    }
    return null;
  }

  clear(): void {
    this.#batch.clear();
    this.#next.clear();
  }

  #add(changes: Map<string, Wanted>, key: string, wanted: Wanted): void {
    const before = changes.get(key);
    if (before !== undefined) this.coalesced += 1;
    if (before !== undefined && before.generation > wanted.generation) return;
    changes.set(key, before?.from === 'Repair' ? { ...wanted, from: 'Repair' } : wanted);
  }
}
