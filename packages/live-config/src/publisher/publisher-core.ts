/**
 * Decides what the publisher of one range writes (decision 0010): takes the range over with an epoch, makes the bucket equal to the
 * truth, and counts every batch of changes in with a head. Does no I/O; time comes from outside.
 * Invariants: every write expects the sequence that was last seen; a head with a digest is written only when the whole of a
 * batch is known to be stored and no foreign entry is; of one key there is one put at a time; after an epoch above its own it
 * writes nothing.
 */
import { headKey } from '@sluice/contract/config-key.ts';
import { type ConfigHead, type SnapshotReference, unconfirmedDigest } from '@sluice/contract/config-message.ts';
import { makeEntry, type ReadEntry, readEntry, readHead, writeEntry, writeMessage } from '../digest/read-message.ts';
import type { BusEntry, PutOutcome, WatchEvent } from '../port/config-bus.ts';
import { PublishedTable } from './published-table.ts';
import type { PublisherEvent, PublisherStatus } from './publisher-port.ts';
import type { PublisherCoreConfig, PublisherEffect, PublisherInput } from './publisher-step.ts';
import { type Flight, isSameValue, PutWindow } from './put-window.ts';
import { SnapshotSchedule } from './snapshot-schedule.ts';
import { TruthComparison } from './truth-comparison.ts';
import { WantedChanges } from './wanted-changes.ts';

const headIntervalMs = 2_000;
/** Our own heads are seen every two seconds: a watch that shows nothing for this long is deaf. */
const silenceMs = 7_000;
const claimRetryMs = 1_000;
const maxConcurrentPuts = 256;

type Phase = PublisherStatus['phase'];
export type PublisherCoreStatus = Omit<PublisherStatus, 'liveProxies'>;

export interface PublisherCore {
  step(input: PublisherInput, nowMs: number): readonly PublisherEffect[];
  status(): PublisherCoreStatus;
}

export function createPublisherCore(config: PublisherCoreConfig): PublisherCore {
  return new Core(config);
}

class Core implements PublisherCore {
  readonly #config: PublisherCoreConfig;
  readonly #headKey: string;
  readonly #counters = {
    ...{ puts: 0, conflicts: 0, unknown: 0, denied: 0, foreign: 0, repairs: 0, heads: 0, takeovers: 0 },
    ...{ watchesLost: 0, invalidMessages: 0, invalidRecords: 0, coalesced: 0, failures: 0 },
  };
  #phase: Phase = 'Disconnected';
  #bucket: string | null = null;
  #watch = 0;
  #isWatching = false;
  #eventAtMs = 0;
  #table = new PublishedTable();
  readonly #wanted = new WantedChanges();
  readonly #puts = new PutWindow();
  readonly #truth = new TruthComparison();
  readonly #snapshots: SnapshotSchedule;
  readonly #repairs = new Set<string>();
  /** The last head, of whoever wrote it, while the bucket is read. */
  #bucketHead: ConfigHead | null = null;
  #headSequence = 0;
  #lastSequence = 0;
  #highestEpoch = 0;
  #epoch = 0;
  #revision = 0;
  /** Of the head that is in force by us; null: the range is being taken over. */
  #confirmed: { readonly digest: string; readonly count: number } | null = null;
  #isBatchOpen = false;
  #isHeadDue = false;
  #headAtMs = 0;
  #claimAtMs = Number.POSITIVE_INFINITY;
  #lastTicket = 0;
  #batchTicket = 0;
  #coveredTicket = 0;
  #headTicket = 0;
  /** Of the head that is being put. */
  #flying = { ticket: 0, revision: 0 };
  #nowMs = 0;
  #effects: PublisherEffect[] = [];

  constructor(config: PublisherCoreConfig) {
    this.#config = config;
    this.#headKey = headKey(config.range);
    this.#snapshots = new SnapshotSchedule(config.range, config.snapshotAbove);
  }

  status(): PublisherCoreStatus {
    return {
      phase: this.#phase,
      epoch: this.#epoch,
      revision: this.#revision,
      digest: this.#confirmed?.digest ?? '',
      count: this.#confirmed?.count ?? 0,
      waiting: this.#wanted.size + this.#puts.size,
      counters: { ...this.#counters, coalesced: this.#wanted.coalesced },
    };
  }

  step(input: PublisherInput, nowMs: number): readonly PublisherEffect[] {
    this.#nowMs = Math.max(nowMs, this.#nowMs);
    this.#effects = [];
    this.#take(input);
    this.#advance();
    return this.#effects;
  }

  // oxlint-disable-next-line complexity -- one line for each kind of input
  #take(input: PublisherInput): void {
    switch (input.kind) {
      case 'Connected':
        if (input.bucket === this.#bucket && this.#isWatching) return;
        this.#bucket = input.bucket;
        return this.#begin();
      case 'Disconnected':
        this.#bucket = null;
        return this.#stop(this.#phase === 'Deposed' ? 'Deposed' : 'Disconnected');
      case 'Watched':
        return this.#watched(input.watch, input.event);
      case 'EpochClaimed':
        return this.#epochClaimed(input.epoch);
      case 'ClaimFailed':
        this.#fail('claiming an epoch', input.reason);
        this.#claimAtMs = this.#nowMs + claimRetryMs;
        return;
      case 'PutDone':
        return this.#putDone(input.put, input.outcome);
      case 'ReadDone':
        return this.#readDone(input.put, input.entry);
      case 'ReadFailed':
        return this.#postpone(input.put);
      case 'Changed':
        return this.#changed(input);
      case 'TruthPart':
      case 'TruthEnded':
      case 'TruthFailed':
        return this.#truthCame(input);
      case 'SnapshotStored':
        this.#snapshots.stored(input.snapshot);
        this.#effects.push({ kind: 'PruneSnapshots', keep: this.#snapshots.keep() });
        return this.#report({ kind: 'SnapshotStored', object: input.snapshot.object, bytes: input.snapshot.bytes });
      case 'SnapshotFailed':
        this.#snapshots.failed();
        return this.#fail('storing a snapshot', input.reason);
      case 'RevisionSeen':
        return this.#revisionSeen(input.epoch, input.revision);
      case 'Rebuild':
        return this.#phase === 'Deposed' ? undefined : this.#begin();
      case 'ClaimAgain':
        if (this.#phase !== 'Deposed') return;
        this.#phase = 'Disconnected';
        return this.#begin();
      case 'Tick':
        return this.#tick();
    }
  }

  #stop(phase: Phase): void {
    if (this.#isWatching) this.#effects.push({ kind: 'CloseWatch', watch: this.#watch });
    this.#isWatching = false;
    this.#phase = phase;
    this.#puts.clear();
    // Their specs are in the truth, which is listed before anything is published again.
    this.#wanted.clear();
    this.#repairs.clear();
    this.#truth.end();
    this.#isBatchOpen = false;
    this.#isHeadDue = false;
    this.#claimAtMs = Number.POSITIVE_INFINITY;
  }

  /** Reads the bucket from its beginning. */
  #begin(): void {
    if (this.#phase === 'Deposed') return;
    this.#stop('Disconnected');
    if (this.#bucket === null) return;
    this.#phase = 'Reading';
    this.#table = new PublishedTable();
    this.#bucketHead = null;
    this.#headSequence = 0;
    this.#lastSequence = 0;
    this.#confirmed = null;
    this.#eventAtMs = this.#nowMs;
    this.#watch += 1;
    this.#isWatching = true;
    this.#effects.push({ kind: 'OpenWatch', watch: this.#watch });
  }

  #depose(epoch: number): void {
    this.#highestEpoch = Math.max(this.#highestEpoch, epoch);
    this.#epoch = 0;
    this.#stop('Deposed');
    this.#report({ kind: 'Deposed', epoch });
  }

  #watched(watch: number, event: WatchEvent): void {
    if (!this.#isWatching || watch !== this.#watch) return;
    this.#eventAtMs = this.#nowMs;
    switch (event.kind) {
      case 'Entry':
        this.#lastSequence = Math.max(this.#lastSequence, event.entry.sequence);
        return event.entry.key === this.#headKey ? this.#headSeen(event.entry) : this.#entrySeen(event.entry);
      case 'SnapshotEnded':
        return this.#bucketRead();
      case 'Lost':
        this.#counters.watchesLost += 1;
        this.#report({ kind: 'WatchLost', reason: event.reason });
        return this.#begin();
    }
  }

  #bucketRead(): void {
    if (this.#phase !== 'Reading') return;
    const head = this.#bucketHead;
    this.#revision = Math.max(this.#revision, head?.revision ?? 0);
    this.#snapshots.begin(head?.snapshot ?? null);
    const isOther = head !== null && head.epoch === this.#epoch && head.publisher !== this.#config.publisher;
    if (this.#epoch > 0 && (this.#highestEpoch > this.#epoch || isOther)) return this.#depose(this.#highestEpoch);
    if (this.#epoch > 0) return this.#fence();
    this.#claim();
  }

  #claim(): void {
    this.#phase = 'Claiming';
    this.#claimAtMs = Number.POSITIVE_INFINITY;
    this.#effects.push({ kind: 'ClaimEpoch', above: this.#highestEpoch });
  }

  #epochClaimed(epoch: number): void {
    if (this.#phase !== 'Claiming') return;
    if (epoch <= this.#highestEpoch) {
      this.#claimAtMs = this.#nowMs + claimRetryMs;
      return this.#fail('claiming an epoch', `${epoch} is not above ${this.#highestEpoch}`);
    }
    this.#epoch = epoch;
    this.#highestEpoch = epoch;
    this.#fence();
  }

  /** A head first, which confirms nothing: from now on whoever wrote here before finds that it has been deposed. */
  #fence(): void {
    this.#phase = 'TakingOver';
    this.#counters.takeovers += 1;
    this.#isHeadDue = true;
  }

  #compare(): void {
    this.#table.beginComparison();
    this.#isBatchOpen = true;
    this.#batchTicket = this.#lastTicket;
    this.#effects.push(this.#truth.begin(null));
  }

  #headSeen({ sequence, value }: BusEntry): void {
    const head = value === null ? null : readHead(this.#config.range, value);
    if (head === null && value !== null) this.#counters.invalidMessages += 1;
    if (head !== null) this.#highestEpoch = Math.max(this.#highestEpoch, head.epoch);
    if (this.#isReading()) {
      this.#headSequence = sequence;
      this.#bucketHead = head;
      return;
    }
    if (sequence <= this.#headSequence) return;
    const flight = this.#puts.byKey(this.#headKey);
    if (flight !== null && value !== null && isSameValue(flight.value, value)) return this.#stored(flight, sequence);
    this.#foreignHead(head);
  }

  /** Somebody else wrote the head, or the bucket is not the one it was. */
  #foreignHead(head: ConfigHead | null): void {
    this.#counters.foreign += 1;
    const isOther = head !== null && head.epoch >= this.#epoch && head.publisher !== this.#config.publisher;
    if (head !== null && (isOther || head.epoch > this.#epoch)) return this.#depose(head.epoch);
    this.#begin();
  }

  #isReading(): boolean {
    return this.#phase === 'Reading' || this.#phase === 'Claiming';
  }

  #entrySeen({ key, sequence, value }: BusEntry): void {
    if (sequence <= this.#table.sequenceOf(key)) return;
    const entry = value === null ? null : readEntry(this.#config.range, key, value);
    if (entry === null && value !== null) this.#counters.invalidMessages += 1;
    if (entry !== null) this.#highestEpoch = Math.max(this.#highestEpoch, entry.epoch);
    if (this.#isReading()) {
      if (entry === null) this.#table.moveSequence(key, sequence, { epoch: 0, generation: 0 });
      else this.#table.store(entry, sequence);
      return;
    }
    const flight = this.#puts.byKey(key);
    if (flight !== null && value !== null && isSameValue(flight.value, value)) return this.#stored(flight, sequence);
    if (flight !== null) flight.foreignSequence = Math.max(flight.foreignSequence, sequence);
    this.#foreign(key, sequence, entry);
  }

  #foreign(key: string, sequence: number, entry: ReadEntry | null): void {
    if (entry !== null && entry.epoch > this.#epoch) return this.#depose(entry.epoch);
    const isHarmless = entry !== null && this.#table.isSame(entry);
    this.#table.moveSequence(key, sequence, entry ?? { epoch: 0, generation: 0 });
    if (isHarmless) return;
    this.#counters.foreign += 1;
    this.#repairs.add(key);
  }

  #changed({ ticket, records }: Extract<PublisherInput, { kind: 'Changed' }>): void {
    this.#lastTicket = Math.max(this.#lastTicket, ticket);
    const isTakingOver = this.#phase === 'TakingOver' && this.#truth.isListing;
    // Before the truth is listed there is nothing to remember: the listing will have it.
    if (this.#phase !== 'Publishing' && !(this.#phase === 'TakingOver' && this.#isBatchOpen)) return;
    for (const record of records) {
      const wanted = this.#truth.wantedOf(this.#config.range, record, 'Change');
      if (wanted === null) this.#invalidRecord(record.key);
      else if (this.#phase === 'Publishing') this.#wanted.addToNext(record.key, wanted);
      else {
        if (isTakingOver) this.#table.markListed(record.key);
        this.#wanted.addToBatch(record.key, wanted);
      }
    }
    if (this.#phase === 'TakingOver') this.#batchTicket = this.#lastTicket;
  }

  #truthCame(input: Extract<PublisherInput, { kind: 'TruthPart' | 'TruthEnded' | 'TruthFailed' }>): void {
    if (!this.#truth.isCurrent(input.listing)) return;
    if (input.kind === 'TruthFailed') {
      this.#fail('listing the truth', input.reason);
      return this.#truth.retryAt(this.#nowMs + claimRetryMs);
    }
    if (input.kind === 'TruthEnded') return this.#truthEnded();
    for (const record of input.records) {
      const wanted = this.#truth.wantedOf(this.#config.range, record, this.#truth.isRepairing ? 'Repair' : 'Truth');
      if (wanted === null) this.#invalidRecord(record.key);
      else {
        this.#table.markListed(record.key);
        this.#truth.listed(record.key);
        this.#wanted.addToBatch(record.key, wanted);
      }
    }
    this.#truth.partTaken();
  }

  #truthEnded(): void {
    const isRepair = this.#truth.isRepairing;
    const gone = isRepair ? this.#truth.unlisted() : this.#table.unlisted();
    for (const key of gone) {
      const version = this.#table.versionOf(key);
      // Of an equal epoch only a higher generation is newer.
      const generation = (version?.generation ?? 0) + (version !== null && version.epoch < this.#epoch ? 0 : 1);
      const wanted = { generation: Math.max(generation, 1), specText: null } as const;
      this.#wanted.addToBatch(key, { ...wanted, from: isRepair ? 'Repair' : 'Truth' });
    }
    this.#truth.end();
    // The truth that was just read may be newer than what this batch began with: together with what has changed since, it is one
    // state of the truth again.
    this.#wanted.joinNext();
    this.#batchTicket = this.#lastTicket;
  }

  #invalidRecord(key: string): void {
    this.#counters.invalidRecords += 1;
    this.#report({ kind: 'Denied', key, reason: 'its key, generation or spec cannot be published' });
  }

  /** What can be done now is done: the end of each step. */
  #advance(): void {
    if (this.#phase !== 'TakingOver' && this.#phase !== 'Publishing') return;
    if (!this.#isBatchOpen && this.#phase === 'Publishing') this.#openBatch();
    if (this.#isBatchOpen) this.#fill();
    if (this.#isBatchOpen && this.#isBatchStored()) this.#closeBatch();
    if (this.#isHeadDue && this.#puts.byKey(this.#headKey) === null) this.#putHead();
  }

  #openBatch(): void {
    const isTicketOpen = this.#lastTicket > this.#batchTicket;
    if (!this.#wanted.hasNext && this.#repairs.size === 0 && !isTicketOpen) return;
    this.#wanted.turn();
    if (!this.#wanted.hasNext) this.#batchTicket = this.#lastTicket;
    this.#isBatchOpen = true;
  }

  #fill(): void {
    if (this.#repairs.size > 0 && !this.#truth.isListing) {
      const keys = [...this.#repairs].slice(0, maxConcurrentPuts);
      for (const key of keys) this.#repairs.delete(key);
      this.#counters.repairs += keys.length;
      this.#effects.push(this.#truth.begin(keys));
    }
    while (this.#puts.size <= maxConcurrentPuts) {
      const taken = this.#wanted.take((key) => this.#puts.byKey(key) === null);
      if (taken === null) break;
      const { generation, specText, from } = taken.wanted;
      const entry = makeEntry(taken.key, { epoch: this.#epoch, generation, specText });
      if (this.#isNeeded(entry, from)) this.#put(taken.key, writeEntry(entry), entry);
    }
    if (this.#wanted.batchSize < maxConcurrentPuts) {
      const more = this.#truth.nextPart();
      if (more !== null) this.#effects.push(more);
    }
  }

  #isNeeded(entry: ReadEntry, from: 'Truth' | 'Change' | 'Repair'): boolean {
    if (from === 'Repair') return true;
    const version = this.#table.versionOf(entry.key);
    // A tombstone for a key that the bucket does not have says nothing.
    if (version === null) return entry.isLive;
    if (this.#table.isSame(entry)) return false;
    if (!entry.isLive && !version.isLive) return false;
    const isOlder = entry.generation <= version.generation;
    return from === 'Truth' && version.epoch < this.#epoch ? true : !isOlder;
  }

  #put(key: string, value: Uint8Array, entry: ReadEntry | null): void {
    const expected = entry === null ? this.#headSequence : this.#table.sequenceOf(key);
    this.#send(this.#puts.open(key, value, entry, expected));
  }

  #send({ put, key, value, expectedSequence }: Flight): void {
    this.#counters.puts += 1;
    this.#effects.push({ kind: 'Put', put, key, value, expectedSequence });
  }

  #isBatchStored(): boolean {
    const isHeadFlying = this.#puts.byKey(this.#headKey) !== null;
    const flying = this.#puts.size - (isHeadFlying ? 1 : 0);
    return this.#wanted.batchSize === 0 && flying === 0 && !this.#truth.isListing && this.#repairs.size === 0;
  }

  #closeBatch(): void {
    this.#isBatchOpen = false;
    this.#revision += 1;
    this.#confirmed = { digest: this.#table.digest(), count: this.#table.count };
    if (this.#phase === 'TakingOver') {
      this.#phase = 'Publishing';
      const { count } = this.#confirmed;
      this.#report({ kind: 'TookOver', epoch: this.#epoch, revision: this.#revision, count });
    }
    this.#headTicket = this.#batchTicket;
    this.#isHeadDue = true;
  }

  #putHead(): void {
    this.#isHeadDue = false;
    this.#headAtMs = this.#nowMs;
    this.#flying = { ticket: this.#headTicket, revision: this.#revision };
    const { range, publisher } = this.#config;
    const confirmed = this.#confirmed ?? { digest: unconfirmedDigest, count: 0 };
    const snapshot: SnapshotReference | null = this.#snapshots.current;
    const head: ConfigHead = {
      ...{ v: 1, range, epoch: this.#epoch, revision: this.#revision, ...confirmed, publisher },
      at: new Date(this.#nowMs).toISOString(),
      ...(snapshot === null ? {} : { snapshot }),
    };
    this.#put(this.#headKey, writeMessage(head), null);
  }

  #putDone(put: number, outcome: PutOutcome): void {
    const flight = this.#puts.byPut(put);
    if (flight === null) return;
    switch (outcome.kind) {
      case 'Stored':
        return this.#stored(flight, outcome.sequence);
      case 'Conflict':
        this.#counters.conflicts += 1;
        return this.#readBack(flight);
      case 'Unknown':
        this.#counters.unknown += 1;
        return this.#readBack(flight);
      case 'Denied':
        this.#counters.denied += 1;
        this.#puts.end(flight);
        return this.#report({ kind: 'Denied', key: flight.key, reason: outcome.reason });
    }
  }

  #readBack(flight: Flight): void {
    flight.readAtMs = null;
    this.#effects.push({ kind: 'Read', put: flight.put, key: flight.key });
  }

  #postpone(put: number): void {
    const flight = this.#puts.byPut(put);
    if (flight !== null) this.#puts.postpone(flight, this.#nowMs);
  }

  #readDone(put: number, found: BusEntry | null): void {
    const flight = this.#puts.byPut(put);
    if (flight === null) return;
    const { value = null, sequence = 0 } = found ?? {};
    if (value !== null && isSameValue(flight.value, value)) return this.#stored(flight, sequence);
    const { range } = this.#config;
    if (flight.entry === null) {
      const isUnchanged = sequence === this.#headSequence;
      if (!isUnchanged) return this.#foreignHead(value === null ? null : readHead(range, value));
    } else {
      const entry = value === null ? null : readEntry(range, flight.key, value);
      if (entry !== null && entry.epoch > this.#epoch) return this.#depose(entry.epoch);
      // The key was there and is not: nor may others be.
      if (sequence < this.#table.sequenceOf(flight.key)) return this.#begin();
    }
    flight.attempts += 1;
    flight.expectedSequence = sequence;
    this.#send(flight);
  }

  #stored(flight: Flight, sequence: number): void {
    this.#puts.end(flight);
    this.#lastSequence = Math.max(this.#lastSequence, sequence);
    const { entry, key, foreignSequence } = flight;
    if (entry === null) return this.#headStored(sequence);
    this.#table.store(entry, sequence);
    this.#snapshots.count();
    if (foreignSequence <= sequence) return;
    this.#table.moveSequence(key, foreignSequence, entry);
    this.#repairs.add(key);
  }

  #headStored(sequence: number): void {
    this.#counters.heads += 1;
    this.#headSequence = sequence;
    if (this.#phase === 'TakingOver') {
      if (!this.#isBatchOpen) this.#compare();
      return;
    }
    const { ticket, revision } = this.#flying;
    if (ticket > this.#coveredTicket) {
      this.#coveredTicket = ticket;
      this.#effects.push({ kind: 'Covered', ticket, epoch: this.#epoch, revision });
    }
    const object = this.#snapshots.due(this.#table.count, { epoch: this.#epoch, revision: this.#revision });
    if (object === null) return;
    this.#effects.push({ kind: 'StoreSnapshot', object, sequence: this.#lastSequence, epoch: this.#epoch });
  }

  /** What nobody wrote here: the bucket is an old one or new, and its readers know of a later head. They believe no earlier one. */
  #revisionSeen(epoch: number, revision: number): void {
    const isLater = epoch > this.#highestEpoch || (epoch === this.#epoch && revision > this.#revision);
    if (!isLater) return;
    this.#highestEpoch = Math.max(epoch, this.#highestEpoch);
    if (this.#epoch === 0) return;
    this.#epoch = 0;
    this.#begin();
  }

  #tick(): void {
    if (this.#phase === 'Claiming' && this.#nowMs >= this.#claimAtMs) this.#claim();
    const isExpecting = this.#isWatching && this.#phase !== 'Claiming';
    if (isExpecting && this.#nowMs - this.#eventAtMs > silenceMs) {
      this.#counters.watchesLost += 1;
      this.#report({ kind: 'WatchLost', reason: `nothing was seen for ${silenceMs / 1000} s` });
      return this.#begin();
    }
    for (const flight of this.#puts.due(this.#nowMs)) this.#readBack(flight);
    const again = this.#truth.retry(this.#nowMs);
    if (again !== null) this.#effects.push(again);
    const isWriting = this.#phase === 'TakingOver' || this.#phase === 'Publishing';
    if (isWriting && this.#nowMs - this.#headAtMs >= headIntervalMs) this.#isHeadDue = true;
  }

  #fail(what: string, reason: string): void {
    this.#counters.failures += 1;
    this.#report({ kind: 'Failed', what, reason });
  }

  #report(event: PublisherEvent): void {
    this.#effects.push({ kind: 'Report', event });
  }
}
