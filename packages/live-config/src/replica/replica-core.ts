/**
 * Decides what a proxy takes from the bus (decision 0010): gathers the entries of one range, and has them applied when a head that
 * is not older than any before confirms them. Does no I/O; time and randomness come from outside.
 * Invariants: what is applied is a set of entries whose digest a head gave; no head older than the last confirmed one is believed; there is at
 * most one watch and one apply at a time; a watch that ended is gone on with where it was lost, and else leads to a snapshot; what
 * follows is doubted or confirmed within seven seconds.
 */
import { headKey } from '@sluice/contract/config-key.ts';
import { type ConfigHead, unconfirmedDigest } from '@sluice/contract/config-message.ts';
import { readHead } from '../digest/read-message.ts';
import type { BusEntry, WatchEvent } from '../port/config-bus.ts';
import { acknowledgementOf } from './acknowledgement.ts';
import { appliedEvents } from './applied-events.ts';
import { ApplyQueue } from './apply-queue.ts';
import { ConfirmedTable } from './confirmed-table.ts';
import { type CurrentWatch, lostWatch, newWatch, silenceOf, type WatchStage } from './current-watch.ts';
import type { Gathering } from './gathering.ts';
import { isStale, judgeHead } from './judge-head.ts';
import { offerEntry } from './offer-entry.ts';
import { newReplicaCounters, type ReplicaCore, type ReplicaCoreStatus, statusOf } from './replica-status.ts';
import type {
  BlobEntry,
  ReplicaCoreConfig,
  ReplicaEffect,
  ReplicaInput,
  RestoredRecord,
  TableHeader,
} from './replica-step.ts';
import { SnapshotBackoff } from './snapshot-backoff.ts';

const ackIntervalMs = 10_000;
/** A head may come in the middle of a batch while a snapshot is taken: only the second one that is not met is a doubt. */
const maxUnmetHeads = 2;

export function createReplicaCore(config: ReplicaCoreConfig): ReplicaCore {
  return new Core(config);
}

class Core implements ReplicaCore {
  readonly #config: ReplicaCoreConfig;
  readonly #headKey: string;
  readonly #isFenced: boolean;
  readonly #counters = newReplicaCounters();
  readonly #queue = new ApplyQueue();
  readonly #backoff = new SnapshotBackoff();
  readonly #table = new ConfirmedTable();
  #confirmedAtMs = 0;
  /** Nothing is known of what the other side has: everything must be applied again. */
  #mustOfferAll = true;
  #bucket: string | null = null;
  #watch: CurrentWatch | null = null;
  #lastWatch = 0;
  /** To be gone on with. */
  #lost: CurrentWatch | null = null;
  #avoidsBlob = false;
  #reopenAtMs = Number.POSITIVE_INFINITY;
  #ackAtMs = 0;
  #doubt: string | null = 'nothing has been read yet';
  #nowMs = 0;
  #effects: ReplicaEffect[] = [];

  constructor(config: ReplicaCoreConfig) {
    this.#config = config;
    this.#headKey = headKey(config.range);
    this.#isFenced = config.without !== 'Fencing';
  }

  status(): ReplicaCoreStatus {
    const [isConnected, { count }, confirmedAtMs] = [this.#bucket !== null, this.#table, this.#confirmedAtMs];
    return statusOf(this.#queue, { isConnected, count, confirmedAtMs, doubt: this.#doubt, counters: this.#counters });
  }

  step(input: ReplicaInput, nowMs: number): readonly ReplicaEffect[] {
    this.#nowMs = Math.max(nowMs, this.#nowMs);
    this.#effects = [];
    // Whatever else is taken finds what was confirmed as a whole.
    while (this.#table.isConfirming && input.kind !== 'Proceed') this.#proceed();
    this.#take(input);
    if (this.#table.isConfirming) this.#effects.push({ kind: 'Proceed' });
    return this.#effects;
  }

  // oxlint-disable-next-line complexity -- one line for each kind of input
  #take(input: ReplicaInput): void {
    switch (input.kind) {
      case 'RestoredPart':
        for (const record of input.records) this.#restore(record);
        return;
      case 'RestoreRefused':
        this.#report('TableRefused', input.reason);
        this.#queue.rejected.clear();
        return this.#table.restartRestoring();
      case 'RestoreEnded':
        return this.#endRestoring(input.header);
      case 'Connected':
        return this.#connect(input.bucket);
      case 'Disconnected':
        return this.#disconnect(input.reason);
      case 'HeadRead':
        return this.#headRead(input.watch, input.value);
      case 'ReadFailed':
        return this.#readFailed(input.watch, input.reason);
      case 'BlobEntries':
        return this.#blobEntries(input.watch, input.entries);
      case 'BlobEnded':
        return this.#blobEnded(input.watch);
      case 'Watched':
        return this.#watched(input.watch, input.event);
      case 'Applied':
        return this.#finishApply(input.rejected);
      case 'ApplyFailed':
        return this.#applyFailed(input.reason);
      case 'TableLost':
        return this.#offerAllAgain(`the last good table: ${input.reason}`);
      case 'Proceed':
        return this.#proceed();
      case 'Recheck':
        // What clashes now may never have been rejected: only everything will do.
        this.#offerAll();
        return this.#begin();
      case 'Tick':
        return this.#tick();
    }
  }

  #restore(record: RestoredRecord): void {
    if (!this.#table.isRestoring) return;
    this.#table.restore(record);
    if (record.reason !== null) this.#queue.reject(record.key, record.generation, record.reason);
  }

  #endRestoring(header: TableHeader | null): void {
    if (!this.#table.isRestoring) return;
    const changes = this.#table.endRestoring(header);
    if (header !== null && changes !== null) {
      this.#mustOfferAll = false;
      this.#queue.add({ confirmed: header, source: 'Disk', isWhole: true, changes });
      this.#applyNext();
    } else {
      this.#queue.rejected.clear();
      if (header !== null) this.#report('TableRefused', 'its entries do not give the digest it names');
    }
    this.#begin();
  }

  #connect(bucket: string): void {
    if (bucket === this.#bucket && this.#watch !== null) return;
    this.#bucket = bucket;
    this.#begin();
  }

  #disconnect(reason: string): void {
    this.#bucket = null;
    if (this.#watch !== null) this.#lost = lostWatch(this.#watch);
    this.#closeWatch();
    this.#reopenAtMs = Number.POSITIVE_INFINITY;
    this.#doubt = `disconnected: ${reason}`;
  }

  /** A snapshot, beside what is in force; or the watch that was lost, from where it ended: a digest tells if that misses anything. */
  #begin(): void {
    if (this.#bucket === null || this.#table.isRestoring) return;
    this.#closeWatch();
    this.#reopenAtMs = Number.POSITIVE_INFINITY;
    this.#lastWatch += 1;
    const [id, bucket, lost] = [this.#lastWatch, this.#bucket, this.#lost];
    this.#lost = null;
    if (lost?.bucket === bucket) {
      this.#counters.resumed += 1;
      this.#watch = { ...lost, id };
      return this.#openWatch(this.#watch, 'Following', lost.lastSequence);
    }
    this.#counters.snapshots += 1;
    this.#watch = newWatch({ id, bucket, gathering: this.#gather(true) }, this.#nowMs);
    this.#effects.push({ kind: 'ReadHead', watch: id });
  }

  #gather(isWhole: boolean): Gathering {
    const { rejected } = this.#queue;
    return this.#table.gather(isWhole, this.#mustOfferAll ? () => true : (key) => rejected.has(key));
  }

  #openWatch(watch: CurrentWatch, stage: 'Snapshot' | 'Following', behindSequence: number | null): void {
    watch.stage = stage;
    watch.lastHeadAtMs = this.#nowMs;
    this.#effects.push({ kind: 'OpenWatch', watch: watch.id, behindSequence });
  }

  #closeWatch(): void {
    if (this.#watch === null) return;
    this.#effects.push({ kind: 'CloseWatch', watch: this.#watch.id });
    this.#watch = null;
  }

  #doubtIt(reason: string): void {
    this.#counters.doubts += 1;
    this.#doubt = reason;
    this.#report('Doubted', reason);
    this.#lost = null;
    this.#closeWatch();
    this.#reopenAtMs = this.#nowMs + this.#backoff.nextDelayMs(this.#table.count, this.#config.random());
  }

  #ofWatch(id: number, stage?: WatchStage): CurrentWatch | null {
    const watch = this.#watch;
    if (watch?.id !== id || (stage !== undefined && watch.stage !== stage)) return null;
    watch.lastEventAtMs = this.#nowMs;
    return watch;
  }

  #headRead(id: number, value: Uint8Array | null): void {
    const watch = this.#ofWatch(id, 'Head');
    if (watch === null) return;
    const head = value === null ? null : readHead(this.#config.range, value);
    if (head?.snapshot === undefined || this.#avoidsBlob) return this.#openWatch(watch, 'Snapshot', null);
    watch.stage = 'Blob';
    watch.lastSequence = head.snapshot.sequence;
    this.#effects.push({ kind: 'LoadBlob', watch: id, snapshot: head.snapshot });
  }

  #blobEntries(id: number, entries: readonly BlobEntry[]): void {
    const watch = this.#ofWatch(id, 'Blob');
    if (watch === null) return;
    for (const entry of entries) this.#offer(watch, entry);
  }

  #blobEnded(id: number): void {
    const watch = this.#ofWatch(id, 'Blob');
    if (watch === null) return;
    this.#counters.blobsLoaded += 1;
    this.#openWatch(watch, 'Following', watch.lastSequence);
  }

  #readFailed(id: number, reason: string): void {
    const isBlob = this.#ofWatch(id, 'Blob') !== null;
    if (!isBlob && this.#ofWatch(id, 'Head') === null) return;
    if (isBlob) this.#counters.blobsFailed += 1;
    this.#avoidsBlob ||= isBlob;
    this.#doubtIt(reason);
  }

  #watched(id: number, event: WatchEvent): void {
    const watch = this.#ofWatch(id);
    if (watch === null || watch.stage === 'Head' || watch.stage === 'Blob') return;
    switch (event.kind) {
      case 'Entry':
        return this.#entry(watch, event.entry);
      case 'SnapshotEnded':
        return this.#snapshotEnded(watch);
      case 'Lost':
        this.#counters.watchesLost += 1;
        this.#doubtIt(`watch lost: ${event.reason}`);
        this.#lost = lostWatch(watch);
        return;
    }
  }

  #entry(watch: CurrentWatch, { key, sequence, value }: BusEntry): void {
    watch.lastSequence = Math.max(watch.lastSequence, sequence);
    watch.losses = 0;
    if (value === null) {
      // What was deleted before a snapshot is simply not in it.
      if (watch.stage === 'Following') this.#doubtIt(`${key} was deleted behind our back`);
      return;
    }
    if (key === this.#headKey) this.#head(watch, value);
    else this.#offer(watch, { key, value });
  }

  #offer(watch: CurrentWatch, entry: BlobEntry): void {
    const refusal = offerEntry(watch, entry, { range: this.#config.range, isFenced: this.#isFenced });
    this.#counters.entries += 1;
    if (refusal !== null) this.#counters[refusal] += 1;
  }

  #snapshotEnded(watch: CurrentWatch): void {
    if (watch.stage !== 'Snapshot') return;
    watch.stage = 'Following';
    watch.lastHeadAtMs = this.#nowMs;
    if (watch.lastHead !== null) this.#judge(watch, watch.lastHead);
  }

  #head(watch: CurrentWatch, value: Uint8Array): void {
    const head = readHead(this.#config.range, value);
    if (head === null) {
      this.#counters.invalidMessages += 1;
      return;
    }
    this.#counters.heads += 1;
    if (this.#isFenced && isStale(head, this.#table)) {
      this.#counters.staleHeads += 1;
      return;
    }
    watch.headEpoch = Math.max(watch.headEpoch, head.epoch);
    watch.lastHeadAtMs = this.#nowMs;
    watch.lastHead = head.digest === unconfirmedDigest ? null : head;
    if (watch.lastHead !== null) this.#judge(watch, watch.lastHead);
  }

  #judge(watch: CurrentWatch, head: ConfigHead): void {
    switch (judgeHead(head, watch, this.#table.revision)) {
      case 'Met':
        this.#table.confirm(watch.gathering, head);
        return this.#proceed();
      case 'Repeated':
        this.#table.repeat(head);
        this.#confirmedAtMs = this.#nowMs;
        return;
      case 'TooEarly':
        return;
      case 'Unmet':
        return this.#unmet(watch, head);
    }
  }

  #unmet(watch: CurrentWatch, { revision }: ConfigHead): void {
    const { isWhole } = watch.gathering;
    watch.unmetHeads += 1;
    if (this.#config.without === 'Snapshots' || (isWhole && watch.unmetHeads < maxUnmetHeads)) return;
    // The snapshot in the object store may be what is wrong.
    if (isWhole) this.#avoidsBlob = true;
    this.#doubtIt(`the entries do not give the digest of revision ${revision}`);
  }

  #proceed(): void {
    const done = this.#table.proceed();
    const watch = this.#watch;
    if (done === null || watch === null) return;
    const isFirst = this.#mustOfferAll;
    // What came meanwhile has waited.
    watch.lastHeadAtMs = this.#nowMs;
    this.#confirmedAtMs = this.#nowMs;
    this.#doubt = null;
    this.#avoidsBlob = false;
    this.#mustOfferAll = false;
    this.#backoff.reset();
    if (done.isNew || isFirst || this.#queue.applied?.source !== 'Live') {
      const { revision: confirmed } = this.#table;
      this.#queue.add({ confirmed, source: 'Live', isWhole: isFirst, changes: done.changes });
    }
    watch.gathering = this.#gather(false);
    watch.unmetHeads = 0;
    this.#applyNext();
  }

  #applyNext(): void {
    const apply = this.#queue.next();
    if (apply === null) return;
    // Nobody needs to be asked about a revision that changes nothing.
    if (apply.changes.size === 0 && !apply.isWhole) this.#finishApply([]);
    else this.#effects.push(apply);
  }

  #finishApply(rejected: readonly { readonly key: string; readonly reason: string }[]): void {
    const done = this.#queue.finish(rejected);
    if (done === null) return;
    this.#counters.applied += 1;
    for (const event of appliedEvents(this.#config.range, done, rejected))
      this.#effects.push({ kind: 'Report', event });
    if (done.source === 'Live') this.#effects.push(this.#queue.persistEffect(done));
    this.#acknowledge();
    this.#applyNext();
  }

  #applyFailed(reason: string): void {
    if (!this.#queue.isBusy) return;
    this.#counters.appliesFailed += 1;
    this.#report('ApplyFailed', reason);
    this.#queue.dropAll();
    this.#offerAllAgain(`a revision could not be applied: ${reason}`);
  }

  #offerAll(): void {
    this.#mustOfferAll = true;
    this.#lost = null;
  }

  #offerAllAgain(reason: string): void {
    this.#offerAll();
    if (this.#bucket !== null) this.#doubtIt(reason);
  }

  #acknowledge(): void {
    const ack = acknowledgementOf(this.#config, { queue: this.#queue, believed: this.#table.revision }, this.#nowMs);
    if (ack === null) return;
    this.#ackAtMs = this.#nowMs + ackIntervalMs;
    this.#effects.push({ kind: 'Acknowledge', ack });
  }

  #tick(): void {
    const silence = this.#watch === null ? null : silenceOf(this.#watch, this.#nowMs);
    if (this.#nowMs >= this.#reopenAtMs) this.#begin();
    else if (silence !== null && this.#config.without !== 'Snapshots') this.#doubtIt(silence);
    if (this.#bucket !== null && this.#nowMs >= this.#ackAtMs) this.#acknowledge();
  }

  #report(kind: 'Doubted' | 'TableRefused' | 'ApplyFailed', reason: string): void {
    this.#effects.push({ kind: 'Report', event: { kind, range: this.#config.range, reason } });
  }
}
