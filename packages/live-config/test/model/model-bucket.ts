/**
 * The bucket of the model and the way to it: everything NATS was seen to do (decision 0010) and more. Messages are late, lost with
 * and without notice, doubled; puts are answered late or never, and may land half a minute later; the bucket is wiped, made anew,
 * or replaced by an old copy.
 */
import type { BusEntry, PutOutcome, WatchEvent } from '../../src/port/config-bus.ts';
import type { World } from './model-world.ts';

const putTimeoutMs = 5_000;
const latestPutMs = 30_000;

export interface WatchAsked {
  readonly behindSequence: number | null;
  readonly isCounted: boolean;
}

interface ModelWatch {
  readonly deliver: (event: WatchEvent) => void;
  nextAtMs: number;
  isOpen: boolean;
  isDeaf: boolean;
  /** It counts what is delivered to it, as every watch of NATS does: with the next message it finds that one is missing. */
  readonly isCounted: boolean;
  misses: boolean;
}

export interface BucketCopy {
  readonly id: number;
  readonly sequence: number;
  readonly entries: ReadonlyMap<string, BusEntry>;
}

export class ModelBucket {
  readonly #world: World;
  readonly #watches = new Set<ModelWatch>();
  #entries = new Map<string, BusEntry>();
  #sequence = 0;
  #id = 1;
  #lastId = 1;

  constructor(world: World) {
    this.#world = world;
  }

  get id(): string {
    return `bucket-${this.#id}`;
  }

  /** Closes with the function returned. */
  watch({ behindSequence, isCounted }: WatchAsked, deliver: (event: WatchEvent) => void): () => void {
    const { nowMs: nextAtMs } = this.#world.time;
    const watch: ModelWatch = { deliver, nextAtMs, isOpen: true, isDeaf: false, isCounted, misses: false };
    this.#watches.add(watch);
    const present = [...this.#entries.values()].toSorted((a, b) => a.sequence - b.sequence);
    for (const entry of present)
      if (entry.sequence > (behindSequence ?? 0)) this.#send(watch, { kind: 'Entry', entry });
    if (behindSequence === null) this.#send(watch, { kind: 'SnapshotEnded' });
    return () => {
      watch.isOpen = false;
      this.#watches.delete(watch);
    };
  }

  /** `isReachable` is asked when the put sets out and when its answer arrives. */
  put(message: Pick<BusEntry, 'key'> & { value: Uint8Array; expectedSequence: number }, put: ModelPut): void {
    const { time, random, trouble } = this.#world;
    const isLost = !put.isReachable() || random.chance(trouble.unknownPut);
    if (!isLost) {
      time.after(random.between(0, 15), () => {
        const outcome = this.#write(message);
        time.after(random.between(0, 15), () => {
          put.answer(put.isReachable() ? outcome : { kind: 'Unknown', reason: 'cut off' });
        });
      });
      return;
    }
    if (random.chance(0.6)) time.after(random.between(0, latestPutMs), () => void this.#write(message));
    time.after(putTimeoutMs, () => put.answer({ kind: 'Unknown', reason: 'no answer' }));
  }

  read(key: string): BusEntry | null {
    return this.#entries.get(key) ?? null;
  }

  /** Purged: nobody is told, the sequence goes on. */
  wipe(): void {
    this.#entries = new Map();
  }

  /** Watches are deaf from now on, and do not know it (measured). */
  recreate(): void {
    this.#entries = new Map();
    this.#sequence = 0;
    this.#lastId += 1;
    this.#id = this.#lastId;
    this.#deafen();
  }

  copy(): BucketCopy {
    return { id: this.#id, sequence: this.#sequence, entries: new Map(this.#entries) };
  }

  restore(copy: BucketCopy, keepsId: boolean): void {
    this.#entries = new Map(copy.entries);
    this.#sequence = copy.sequence;
    this.#lastId += 1;
    this.#id = keepsId ? copy.id : this.#lastId;
    this.#deafen();
  }

  #deafen(): void {
    for (const watch of this.#watches) watch.isDeaf = true;
  }

  #write({ key, value, expectedSequence }: { key: string; value: Uint8Array; expectedSequence: number }): PutOutcome {
    const isExpected = (this.#entries.get(key)?.sequence ?? 0) === expectedSequence;
    if (!isExpected && this.#world.without !== 'Fencing') return { kind: 'Conflict' };
    this.#sequence += 1;
    const entry = { key, sequence: this.#sequence, value };
    this.#entries.set(key, entry);
    for (const watch of this.#watches) this.#sendWithFaults(watch, entry);
    return { kind: 'Stored', sequence: entry.sequence };
  }

  #sendWithFaults(watch: ModelWatch, entry: BusEntry): void {
    const { random, trouble, time } = this.#world;
    if (random.chance(trouble.silentLoss)) {
      watch.misses = watch.isCounted;
      return;
    }
    if ((watch.misses && !watch.isDeaf) || random.chance(trouble.lostWatch)) {
      watch.isDeaf = true;
      time.after(random.between(0, 1_000), () => {
        if (watch.isOpen) watch.deliver({ kind: 'Lost', reason: 'slow' });
      });
      return;
    }
    this.#send(watch, { kind: 'Entry', entry });
    if (!random.chance(trouble.duplication)) return;
    const again = random.between(0, 500);
    time.after(again, () => this.#send(watch, { kind: 'Entry', entry }));
  }

  /** In order, each a little later than the one before. */
  #send(watch: ModelWatch, event: WatchEvent): void {
    const { time, random } = this.#world;
    if (watch.isDeaf) return;
    watch.nextAtMs = Math.max(watch.nextAtMs, time.nowMs) + random.between(0, 10);
    time.at(watch.nextAtMs, () => {
      if (watch.isOpen && !watch.isDeaf) watch.deliver(event);
    });
  }
}

export interface ModelPut {
  readonly isReachable: () => boolean;
  readonly answer: (outcome: PutOutcome) => void;
}
