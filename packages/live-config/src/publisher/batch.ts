/**
 * What is to be stored before the next head: changes, what a comparison with the truth found, foreign entries to repair. One batch
 * is under way at a time; what changes meanwhile belongs to the next. Invariant: when a batch has been stored, the bucket holds
 * one state of the truth, never parts of two.
 */
import type { ConfigRange } from '@sluice/contract/config-key.ts';
import { makeEntry, type ReadEntry } from '../digest/read-message.ts';
import type { PublishedTable } from './published-table.ts';
import type { PublisherEffect, PublisherInput } from './publisher-step.ts';
import { TruthListing } from './truth-listing.ts';
import { readTruthRecord } from './read-truth-record.ts';
import { type Wanted, WantedChanges } from './wanted-changes.ts';

const maxConcurrentPuts = 256;
const listRetryMs = 1_000;

export type TruthInput = Extract<PublisherInput, { kind: 'TruthPart' | 'TruthEnded' | 'TruthFailed' }>;
type ChangedInput = Extract<PublisherInput, { kind: 'Changed' }>;

export interface BatchDeps {
  readonly range: ConfigRange;
  readonly emit: (effect: PublisherEffect) => void;
}

/** What the batch needs to know of the puts under way. */
export interface PutSlots {
  readonly epoch: number;
  /** Of entries. */
  readonly flying: () => number;
  readonly isFree: (key: string) => boolean;
  readonly put: (entry: ReadEntry) => void;
}

export class Batch {
  readonly counters = { repairs: 0, invalidRecords: 0, truthFailures: 0 };
  readonly #range: ConfigRange;
  readonly #emit: (effect: PublisherEffect) => void;
  readonly #wanted = new WantedChanges();
  readonly #listing = new TruthListing();
  readonly #repairs = new Set<string>();
  #table: PublishedTable;
  /** Begun, and not known to be stored. */
  #isOpen = false;
  /** The whole range is compared with the truth; changes join. */
  #isWhole = false;
  /** Before a comparison there is nothing to remember of a change: the listing will have it. */
  #isTakingChanges = false;
  #lastTicket = 0;
  #ticket = 0;

  constructor({ range, emit }: BatchDeps, table: PublishedTable) {
    this.#range = range;
    this.#emit = emit;
    this.#table = table;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The last change that the batch holds, with all before. */
  get ticket(): number {
    return this.#ticket;
  }

  get waiting(): number {
    return this.#wanted.size;
  }

  get coalesced(): number {
    return this.#wanted.coalesced;
  }

  /** What is in hand is in the truth, which will be compared again. */
  drop(table: PublishedTable): void {
    this.#table = table;
    this.#wanted.clear();
    this.#repairs.clear();
    this.#listing.end();
    this.#isOpen = false;
    this.#isWhole = false;
    this.#isTakingChanges = false;
  }

  /** `unsure`: keys whose puts were dropped. One may still arrive; a later one of the key keeps it out. */
  compare(unsure: Iterable<string>): void {
    this.#table.beginComparison();
    for (const key of unsure) this.#repairs.add(key);
    this.#isOpen = true;
    this.#isWhole = true;
    this.#isTakingChanges = true;
    this.#ticket = this.#lastTicket;
    this.#emit(this.#listing.begin(null));
  }

  repair(key: string): void {
    this.#repairs.add(key);
  }

  change({ ticket, records }: ChangedInput): void {
    this.#lastTicket = Math.max(this.#lastTicket, ticket);
    if (!this.#isTakingChanges) return;
    for (const record of records) {
      const wanted = this.#read(record, 'Change');
      if (wanted === null) continue;
      if (!this.#joins) this.#wanted.addToNext(record.key, wanted);
      else {
        this.#table.markListed(record.key);
        this.#wanted.addToBatch(record.key, wanted);
      }
    }
    if (this.#joins) this.#ticket = this.#lastTicket;
  }

  /** Not while keys to repair are listed: these are put whatever was put before, so what is newer has to come after them. */
  get #joins(): boolean {
    return this.#isWhole && !(this.#listing.isRunning && !this.#listing.isOfAll);
  }

  truthCame(input: TruthInput, epoch: number, nowMs: number): void {
    if (!this.#listing.isCurrent(input.listing)) return;
    switch (input.kind) {
      case 'TruthFailed':
        this.counters.truthFailures += 1;
        this.#emit({ kind: 'Report', event: { kind: 'Failed', what: 'listing the truth', reason: input.reason } });
        return this.#listing.retryAt(nowMs + listRetryMs);
      case 'TruthEnded':
        return this.#listed(epoch);
      case 'TruthPart':
        return this.#partListed(input.records);
    }
  }

  tick(nowMs: number): void {
    const again = this.#listing.retry(nowMs);
    if (again === null) return;
    // What the listing that failed has shown may be gone since.
    if (this.#listing.isOfAll) this.#table.beginComparison();
    this.#emit(again);
  }

  /** true: a batch has been stored, and its head is due. */
  advance(slots: PutSlots): boolean {
    if (!this.#isOpen) this.#openNext();
    if (!this.#isOpen) return false;
    this.#fill(slots);
    const isStored = this.#wanted.batchSize === 0 && slots.flying() === 0 && this.#repairs.size === 0;
    if (!isStored || this.#listing.isRunning) return false;
    this.#isOpen = false;
    this.#isWhole = false;
    return true;
  }

  #openNext(): void {
    const hasOpenTicket = this.#lastTicket > this.#ticket;
    if (!this.#isTakingChanges || (!this.#wanted.hasNext && this.#repairs.size === 0 && !hasOpenTicket)) return;
    this.#wanted.turn();
    if (!this.#wanted.hasNext) this.#ticket = this.#lastTicket;
    this.#isOpen = true;
  }

  #fill({ epoch, flying, isFree, put }: PutSlots): void {
    if (this.#repairs.size > 0 && !this.#listing.isRunning) this.#listForRepair();
    while (flying() < maxConcurrentPuts) {
      const taken = this.#wanted.take(isFree);
      if (taken === null) break;
      const { generation, specText, from } = taken.wanted;
      const entry = makeEntry(taken.key, { epoch, generation, specText });
      if (this.#isNeeded(entry, from)) put(entry);
      // The listing may still show what was there before.
      else if (this.#isWhole && !entry.isLive) this.#table.noteDeletion(entry.key, entry);
    }
    const more = this.#wanted.batchSize < maxConcurrentPuts ? this.#listing.nextPart() : null;
    if (more !== null) this.#emit(more);
  }

  #listForRepair(): void {
    const keys = [...this.#repairs].slice(0, maxConcurrentPuts);
    for (const key of keys) this.#repairs.delete(key);
    this.counters.repairs += keys.length;
    this.#emit(this.#listing.begin(keys));
  }

  #isNeeded(entry: ReadEntry, from: Wanted['from']): boolean {
    if (from === 'Repair') return true;
    const version = this.#table.versionOf(entry.key);
    // A tombstone for a key that the bucket does not have says nothing.
    if (version === null) return entry.isLive;
    if (this.#table.isSame(entry)) return false;
    if (!entry.isLive && !version.isLive) return false;
    // What an earlier publisher wrote is compared with the truth; what this one wrote came from it, and may be newer than a listing.
    const isForeign = from === 'Truth' && version.epoch < entry.epoch;
    return isForeign || entry.generation > version.generation;
  }

  #partListed(records: Extract<TruthInput, { kind: 'TruthPart' }>['records']): void {
    for (const record of records) {
      const wanted = this.#read(record, this.#listing.isOfAll ? 'Truth' : 'Repair');
      if (wanted === null) continue;
      this.#table.markListed(record.key);
      this.#listing.listed(record.key);
      this.#wanted.addToBatch(record.key, wanted);
    }
    this.#listing.partTaken();
  }

  #listed(epoch: number): void {
    const from = this.#listing.isOfAll ? 'Truth' : 'Repair';
    const gone = this.#listing.isOfAll ? this.#table.unlisted() : this.#listing.unlisted();
    for (const key of gone) {
      const version = this.#table.versionOf(key);
      // Of an equal epoch only a higher generation is newer.
      const generation = (version?.generation ?? 0) + (version !== null && version.epoch < epoch ? 0 : 1);
      this.#wanted.addToBatch(key, { generation: Math.max(generation, 1), specText: null, from });
    }
    this.#listing.end();
    // The truth that was just read may be newer than what this batch began with: together with all that has changed since, it is
    // one state of the truth again.
    this.#wanted.joinNext();
    this.#ticket = this.#lastTicket;
  }

  #read(record: Parameters<typeof readTruthRecord>[1], from: Wanted['from']): Wanted | null {
    const specText = readTruthRecord(this.#range, record);
    if (specText !== undefined) return { generation: record.generation, specText, from };
    this.counters.invalidRecords += 1;
    const reason = 'its key, generation or spec cannot be published';
    this.#emit({ kind: 'Report', event: { kind: 'Denied', key: record.key, reason } });
    return null;
  }
}
