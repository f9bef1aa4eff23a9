/**
 * Entries as they come, over what is in force: either everything in force counts from the beginning (changes are followed), or
 * nothing does until it has been seen again (a snapshot is taken). What differs from what is in force is kept with its text;
 * what is the same costs one bit. Invariant: `digest` and `count` are those of the live entries that count, and what is in
 * force does not change before `commit`.
 */
import type { EntryFacts, EntryTable } from '../digest/entry-table.ts';
import type { ReadEntry } from '../digest/read-message.ts';
import type { SetDigest } from '../digest/set-digest.ts';
import { ChangeSet } from './change-set.ts';

interface GatheringStart {
  readonly table: EntryTable;
  readonly digest: SetDigest;
  readonly count: number;
  /** Nothing in force counts before it has been seen; `digest` is that of the empty set. */
  readonly isWhole: boolean;
  /** Of the same content as in force, and to be offered all the same. */
  readonly mustOffer: (key: string) => boolean;
}

/** An entry that counts: where it is. */
interface Counted {
  readonly table: EntryTable;
  readonly index: number;
}

export class Gathering {
  readonly isWhole: boolean;
  readonly digest: SetDigest;
  #count: number;
  readonly #table: EntryTable;
  readonly #mustOffer: (key: string) => boolean;
  /** By index of the table in force; null: all count. */
  readonly #seen: Uint8Array | null;
  readonly #changes = new ChangeSet();

  constructor({ table, digest, count, isWhole, mustOffer }: GatheringStart) {
    this.isWhole = isWhole;
    this.digest = digest;
    this.#count = count;
    this.#table = table;
    this.#mustOffer = mustOffer;
    this.#seen = isWhole ? new Uint8Array(table.indexEnd) : null;
  }

  get count(): number {
    return this.#count;
  }

  /** false: not newer than what counts for its key. */
  offer(entry: ReadEntry): boolean {
    const counted = this.#find(entry.key);
    if (counted === null) this.#admit(entry);
    else if (isNewer(entry, counted)) this.#replace(counted, entry);
    else return false;
    return true;
  }

  /** Puts it in force in the table, an entry a step, and says in the end what that changes. It is of no use afterwards. */
  *commit(): Generator<undefined, ChangeSet> {
    if (this.#seen !== null) yield* this.#dropUnseen(this.#seen);
    const { facts } = this.#changes;
    for (let index = 0; index < facts.indexEnd; index += 1) {
      this.#table.set(facts.keyAt(index), facts.factsAt(index));
      yield;
    }
    return this.#changes;
  }

  #find(key: string): Counted | null {
    const changed = this.#changes.facts.indexOf(key);
    if (changed >= 0) return { table: this.#changes.facts, index: changed };
    const index = this.#table.indexOf(key);
    return index >= 0 && (this.#seen === null || this.#seen[index] === 1) ? { table: this.#table, index } : null;
  }

  #admit(entry: ReadEntry): void {
    if (entry.isLive) this.#add(entry.hash);
    const index = this.#table.indexOf(entry.key);
    const isKnown = this.#seen !== null && index >= 0 && this.#table.isSameAt(index, entry);
    if (!isKnown || this.#mustOffer(entry.key)) return this.#keep(entry);
    this.#seen[index] = 1;
    this.#table.setEpochAt(index, entry.epoch);
  }

  #replace({ table, index }: Counted, entry: ReadEntry): void {
    if (table.isSameAt(index, entry)) return table.setEpochAt(index, entry.epoch); // repaired, or said again by a successor
    if (table.isLiveAt(index)) {
      this.digest.remove(table.hashAt(index));
      this.#count -= 1;
    }
    if (entry.isLive) this.#add(entry.hash);
    this.#keep(entry);
  }

  #add(hash: Uint8Array): void {
    this.digest.add(hash);
    this.#count += 1;
  }

  #keep({ key, epoch, generation, hash, isLive, specText }: ReadEntry): void {
    this.#changes.set(key, { epoch, generation, hash, isLive, sequence: 0 }, specText);
  }

  *#dropUnseen(seen: Uint8Array): Generator<undefined> {
    for (let index = 0; index < seen.length; index += 1) {
      if (seen[index] === 1 || !this.#table.has(index)) continue;
      const key = this.#table.keyAt(index);
      if (this.#changes.facts.indexOf(key) < 0) {
        if (this.#table.isLiveAt(index)) this.#changes.set(key, deletionOf(this.#table, index), null);
        else this.#table.delete(key);
      }
      yield;
    }
  }
}

function deletionOf(table: EntryTable, index: number): EntryFacts {
  const [epoch, generation] = [table.epochAt(index), table.generationAt(index)];
  return { epoch, generation, hash: table.hashAt(index), isLive: false, sequence: 0 };
}

function isNewer(entry: ReadEntry, { table, index }: Counted): boolean {
  const epoch = table.epochAt(index);
  return entry.epoch > epoch || (entry.epoch === epoch && entry.generation > table.generationAt(index));
}
