/**
 * Decides what the publisher of one range writes (decision 0010): takes the range over with an epoch, makes the bucket equal to the
 * truth, and counts every batch of changes in with a head. Does no I/O; time comes from outside.
 * Invariants: every write expects the sequence that was last seen; a head with a digest is written only when the whole of a
 * batch is known to be stored and no foreign entry is; of one key there is one put at a time; after an epoch above its own it
 * writes nothing.
 */
import { headKey } from '@sluice/contract/config-key.ts';
import type { ConfigHead } from '@sluice/contract/config-message.ts';
import { type ReadEntry, readEntry, readHead, writeEntry, writeMessage } from '../digest/read-message.ts';
import type { BusEntry, PutOutcome, WatchEvent } from '../port/config-bus.ts';
import { Batch, type PutSlots } from './batch.ts';
import { EpochClaim } from './epoch-claim.ts';
import { HeadSchedule } from './head-schedule.ts';
import { OwnWatch, silenceMs } from './own-watch.ts';
import { PublishedTable } from './published-table.ts';
import type { PublisherEvent, PublisherStatus } from './publisher-port.ts';
import { newPublisherCounters } from './publisher-counters.ts';
import type {
  PublisherCore,
  PublisherCoreConfig,
  PublisherCoreStatus,
  PublisherEffect,
  PublisherInput,
} from './publisher-step.ts';
import { type Flight, isSameValue, PutWindow } from './put-window.ts';
import { SnapshotSchedule } from './snapshot-schedule.ts';

type Phase = PublisherStatus['phase'];

export function createPublisherCore(config: PublisherCoreConfig): PublisherCore {
  return new Core(config);
}

class Core implements PublisherCore {
  readonly #config: PublisherCoreConfig;
  readonly #headKey: string;
  readonly #counters = newPublisherCounters();
  #phase: Phase = 'Disconnected';
  #bucket: string | null = null;
  readonly #watch = new OwnWatch();
  #table = new PublishedTable();
  readonly #batch: Batch;
  readonly #head = new HeadSchedule();
  readonly #puts = new PutWindow();
  readonly #snapshots: SnapshotSchedule;
  /** The last head, of whoever wrote it, while the bucket is read. */
  #bucketHead: ConfigHead | null = null;
  #headSequence = 0;
  #lastSequence = 0;
  readonly #claim = new EpochClaim();
  #nowMs = 0;
  #effects: PublisherEffect[] = [];

  constructor(config: PublisherCoreConfig) {
    this.#config = config;
    this.#headKey = headKey(config.range);
    this.#snapshots = new SnapshotSchedule(config.range, config.snapshotAbove);
    const emit = (effect: PublisherEffect): void => void this.#effects.push(effect);
    this.#batch = new Batch({ range: config.range, emit }, this.#table);
  }

  status(): PublisherCoreStatus {
    const { waiting, coalesced, counters } = this.#batch;
    return {
      phase: this.#phase,
      epoch: this.#claim.epoch,
      revision: this.#head.revision,
      ...this.#head.state,
      waiting: waiting + this.#puts.size,
      counters: { ...this.#counters, ...counters, coalesced },
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
        if (input.bucket === this.#bucket && this.#watch.isOpen) return;
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
        return this.#claimFailed(input.reason);
      case 'PutDone':
        return this.#putDone(input.put, input.outcome);
      case 'ReadDone':
        return this.#readDone(input.put, input.entry);
      case 'ReadFailed':
        return this.#puts.postpone(input.put, this.#nowMs);
      case 'Changed':
        return this.#batch.change(input);
      case 'TruthPart':
      case 'TruthEnded':
      case 'TruthFailed':
        return this.#batch.truthCame(input, this.#claim.epoch, this.#nowMs);
      case 'SnapshotStored':
      case 'SnapshotFailed':
        return void this.#effects.push(...this.#snapshots.finish(input));
      case 'RevisionSeen':
        return this.#revisionSeen(input.epoch, input.revision);
      case 'Rebuild':
        return this.#begin();
      case 'ClaimAgain':
        if (this.#phase !== 'Deposed') return;
        this.#phase = 'Disconnected';
        return this.#begin();
      case 'Tick':
        return this.#tick();
    }
  }

  #stop(phase: Phase): void {
    this.#effects.push(...this.#watch.close());
    this.#phase = phase;
    this.#puts.drop();
    this.#batch.drop(this.#table);
    this.#head.unconfirm();
  }

  /** Reads the bucket from its beginning. */
  #begin(): void {
    if (this.#phase === 'Deposed') return;
    this.#table = new PublishedTable();
    this.#stop('Disconnected');
    if (this.#bucket === null) return;
    this.#phase = 'Reading';
    this.#bucketHead = null;
    this.#headSequence = 0;
    this.#lastSequence = 0;
    this.#effects.push(this.#watch.open(this.#nowMs));
  }

  #depose(epoch: number): void {
    this.#claim.see(epoch);
    this.#claim.giveUp();
    this.#stop('Deposed');
    this.#report({ kind: 'Deposed', epoch });
  }

  #watched(watch: number, event: WatchEvent): void {
    if (!this.#watch.hears(watch, this.#nowMs)) return;
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
    this.#head.read(head?.revision ?? 0);
    this.#snapshots.reset(head?.snapshot ?? null);
    const isOther = head !== null && head.epoch === this.#claim.epoch && head.publisher !== this.#config.publisher;
    if (this.#claim.epoch > 0 && (this.#claim.highest > this.#claim.epoch || isOther))
      return this.#depose(this.#claim.highest);
    if (this.#claim.epoch > 0) return this.#fence();
    this.#askForEpoch();
  }

  #askForEpoch(): void {
    this.#phase = 'Claiming';
    this.#effects.push(this.#claim.ask());
  }

  #epochClaimed(epoch: number): void {
    if (this.#phase !== 'Claiming') return;
    if (this.#claim.take(epoch)) return this.#fence();
    this.#claimFailed(`${epoch} is not above ${this.#claim.highest}`);
  }

  /** A head first, which confirms nothing: from now on whoever wrote here before finds that it has been deposed. */
  #fence(): void {
    this.#phase = 'TakingOver';
    this.#counters.takeovers += 1;
    this.#head.demand();
  }

  #headSeen({ sequence, value }: BusEntry): void {
    const head = value === null ? null : readHead(this.#config.range, value);
    if (head === null && value !== null) this.#counters.invalidMessages += 1;
    if (head !== null) this.#claim.see(head.epoch);
    if (this.#isReading()) {
      this.#headSequence = sequence;
      this.#bucketHead = head;
      return;
    }
    if (sequence <= this.#headSequence) return;
    const flight = this.#puts.flightOf(this.#headKey, value);
    if (flight !== null) return this.#stored(flight, sequence);
    this.#foreignHead(head);
  }

  /** Somebody else wrote the head, or the bucket is not the one it was. */
  #foreignHead(head: ConfigHead | null): void {
    this.#counters.foreign += 1;
    const isOther = head !== null && head.publisher !== this.#config.publisher;
    if (isOther && head.epoch >= this.#claim.epoch) return this.#depose(head.epoch);
    this.#begin();
  }

  #isReading(): boolean {
    return this.#phase === 'Reading' || this.#phase === 'Claiming';
  }

  #entrySeen({ key, sequence, value }: BusEntry): void {
    if (sequence <= this.#table.sequenceOf(key)) return;
    const entry = value === null ? null : readEntry(this.#config.range, key, value);
    if (entry === null && value !== null) this.#counters.invalidMessages += 1;
    if (entry !== null) this.#claim.see(entry.epoch);
    if (this.#isReading()) {
      if (entry === null) this.#table.moveSequence(key, sequence, { epoch: 0, generation: 0 });
      else this.#table.store(entry, sequence);
      return;
    }
    const flight = this.#puts.flightOf(key, value);
    if (flight !== null) return this.#stored(flight, sequence);
    this.#puts.overtaken(key, sequence);
    this.#foreign(key, sequence, entry);
  }

  #foreign(key: string, sequence: number, entry: ReadEntry | null): void {
    if (entry !== null && entry.epoch > this.#claim.epoch) return this.#depose(entry.epoch);
    const isHarmless = entry !== null && this.#table.isSame(entry);
    this.#table.moveSequence(key, sequence, entry ?? { epoch: 0, generation: 0 });
    if (isHarmless) return;
    this.#counters.foreign += 1;
    this.#batch.repair(key);
  }

  /** What can be done now is done: the end of each step. */
  #advance(): void {
    if (this.#phase !== 'TakingOver' && this.#phase !== 'Publishing') return;
    if (this.#batch.advance(this.#slots())) this.#batchStored();
    if (!this.#head.isDue || this.#puts.byKey(this.#headKey) !== null) return;
    const { range, publisher } = this.#config;
    const fields = { range, publisher, epoch: this.#claim.epoch, snapshot: this.#snapshots.current };
    this.#put(this.#headKey, writeMessage(this.#head.write(fields, this.#nowMs)), null);
  }

  #slots(): PutSlots {
    return {
      epoch: this.#claim.epoch,
      flying: () => this.#puts.size - (this.#puts.byKey(this.#headKey) === null ? 0 : 1),
      isFree: (key) => this.#puts.byKey(key) === null,
      put: (entry) => this.#put(entry.key, writeEntry(entry), entry),
    };
  }

  #batchStored(): void {
    const { count } = this.#table;
    this.#head.confirm({ digest: this.#table.digest(), count }, this.#batch.ticket);
    if (this.#phase !== 'TakingOver') return;
    this.#phase = 'Publishing';
    this.#puts.forgetDropped();
    this.#report({ kind: 'TookOver', epoch: this.#claim.epoch, revision: this.#head.revision, count });
  }

  #put(key: string, value: Uint8Array, entry: ReadEntry | null): void {
    const expected = entry === null ? this.#headSequence : this.#table.sequenceOf(key);
    this.#send(this.#puts.open(key, value, entry, expected));
  }

  #send({ put, key, value, expectedSequence }: Flight): void {
    this.#counters.puts += 1;
    this.#effects.push({ kind: 'Put', put, key, value, expectedSequence });
  }

  #putDone(put: number, outcome: PutOutcome): void {
    const flight = this.#puts.byPut(put);
    if (flight === null) return;
    switch (outcome.kind) {
      case 'Stored':
        return this.#stored(flight, outcome.sequence);
      case 'Conflict':
      case 'Unknown':
        this.#counters[outcome.kind === 'Conflict' ? 'conflicts' : 'unknown'] += 1;
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

  #readDone(put: number, found: BusEntry | null): void {
    const flight = this.#puts.byPut(put);
    if (flight === null) return;
    const { value = null, sequence = 0 } = found ?? {};
    if (value !== null && isSameValue(flight.value, value)) return this.#stored(flight, sequence);
    const isOurs =
      flight.entry === null ? this.#isHeadOurs(sequence, value) : this.#isKeyOurs(flight.key, sequence, value);
    if (!isOurs) return;
    flight.attempts += 1;
    flight.expectedSequence = sequence;
    this.#send(flight);
  }

  /** false: it is not, and what follows from that has been done. */
  #isHeadOurs(sequence: number, value: Uint8Array | null): boolean {
    if (sequence === this.#headSequence) return true;
    this.#foreignHead(value === null ? null : readHead(this.#config.range, value));
    return false;
  }

  #isKeyOurs(key: string, sequence: number, value: Uint8Array | null): boolean {
    const entry = value === null ? null : readEntry(this.#config.range, key, value);
    if (entry !== null && entry.epoch > this.#claim.epoch) {
      this.#depose(entry.epoch);
      return false;
    }
    if (sequence >= this.#table.sequenceOf(key)) return true;
    // The key was there and is not: nor may others be.
    this.#begin();
    return false;
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
    this.#batch.repair(key);
  }

  #headStored(sequence: number): void {
    this.#counters.heads += 1;
    this.#headSequence = sequence;
    if (this.#phase === 'TakingOver') {
      if (!this.#batch.isOpen) this.#batch.compare(this.#puts.dropped);
      return;
    }
    const covered = this.#head.stored();
    if (covered !== null) this.#effects.push({ kind: 'Covered', epoch: this.#claim.epoch, ...covered });
    const fields = { epoch: this.#claim.epoch, revision: this.#head.revision, sequence: this.#lastSequence };
    this.#effects.push(...this.#snapshots.begin(this.#table.count, fields));
  }

  /** What nobody wrote here: the bucket is an old one or new, and its readers know of a later head. They believe no earlier one. */
  #revisionSeen(epoch: number, revision: number): void {
    const isLater = epoch > this.#claim.highest || (epoch === this.#claim.epoch && revision > this.#head.revision);
    if (!isLater) return;
    this.#claim.see(epoch);
    if (this.#claim.epoch === 0) return;
    this.#claim.giveUp();
    this.#begin();
  }

  #tick(): void {
    if (this.#phase === 'Claiming' && this.#claim.isDue(this.#nowMs)) this.#askForEpoch();
    if (this.#phase !== 'Claiming' && this.#watch.isSilent(this.#nowMs)) {
      this.#counters.watchesLost += 1;
      this.#report({ kind: 'WatchLost', reason: `nothing was seen for ${silenceMs / 1000} s` });
      return this.#begin();
    }
    for (const flight of this.#puts.due(this.#nowMs)) this.#readBack(flight);
    this.#batch.tick(this.#nowMs);
    if (this.#phase === 'TakingOver' || this.#phase === 'Publishing') this.#head.tick(this.#nowMs);
  }

  #claimFailed(reason: string): void {
    this.#counters.claimsFailed += 1;
    this.#claim.retry(this.#nowMs);
    this.#report({ kind: 'Failed', what: 'claiming an epoch', reason });
  }

  #report(event: PublisherEvent): void {
    this.#effects.push({ kind: 'Report', event });
  }
}
