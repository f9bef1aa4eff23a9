/**
 * Which events are worth a write: the first of its kind, then its count at most once a minute; a talkative object is cut
 * short, as by client-go's spam filter. Pure: the time is an argument.
 */
import { TokenBucket } from '../pace/token-bucket.ts';

export interface SeriesLimits {
  /** Different events remembered. */
  readonly maxSeries: number;
  /** After so long without a repetition, the next one is an event of its own. */
  readonly endsAfterMs: number;
  /** Between two writes of one series. */
  readonly writeEveryMs: number;
  /** Different events of one object at once, and one more each so many seconds. */
  readonly burst: number;
  readonly refillSeconds: number;
}

export interface Series<E> {
  readonly event: E;
  /** Of the Event object. */
  readonly name: string;
  readonly count: number;
  readonly lastSeenMs: number;
}

interface MutableSeries<E> {
  readonly event: E;
  readonly name: string;
  count: number;
  writtenCount: number;
  lastSeenMs: number;
  writtenMs: number;
}

export type Recorded<E> =
  | { readonly kind: 'New'; readonly series: Series<E> }
  | { readonly kind: 'Counted' }
  /** Its object says too much. */
  | { readonly kind: 'Dropped' };

export interface RecordedEvent<E> {
  /** Of the whole event: what has the same one is a repetition. */
  readonly key: string;
  /** Of the object. */
  readonly object: string;
  readonly event: E;
  /** For the Event object, if it becomes one. */
  readonly name: string;
}

export class EventSeries<E> {
  readonly #limits: SeriesLimits;
  readonly #series = new Map<string, MutableSeries<E>>();
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(limits: SeriesLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#series.size;
  }

  record({ key, object, event, name }: RecordedEvent<E>, nowMs: number): Recorded<E> {
    const known = this.#series.get(key);
    if (known !== undefined && nowMs - known.lastSeenMs < this.#limits.endsAfterMs) {
      known.count += 1;
      known.lastSeenMs = nowMs;
      return { kind: 'Counted' };
    }
    if (!this.#bucketOf(object, nowMs).tryTake(nowMs)) return { kind: 'Dropped' };
    this.#series.delete(key);
    this.#makeRoom(this.#series);
    const series = { event, name, count: 1, writtenCount: 1, lastSeenMs: nowMs, writtenMs: nowMs };
    this.#series.set(key, series);
    return { kind: 'New', series };
  }

  /** Series whose new count is to be written now; they count as written. */
  takeDue(nowMs: number): Series<E>[] {
    const { endsAfterMs, writeEveryMs } = this.#limits;
    const due: Series<E>[] = [];
    for (const [key, series] of this.#series) {
      const hasEnded = nowMs - series.lastSeenMs >= endsAfterMs;
      if (series.count > series.writtenCount && (hasEnded || nowMs - series.writtenMs >= writeEveryMs)) {
        series.writtenCount = series.count;
        series.writtenMs = nowMs;
        due.push({ ...series });
      }
      if (hasEnded) this.#series.delete(key);
    }
    for (const [object, bucket] of this.#buckets) if (bucket.isFull(nowMs)) this.#buckets.delete(object);
    return due;
  }

  /** All counts that are not written yet, now. */
  takeAll(): Series<E>[] {
    const unwritten = [...this.#series.values()].filter(({ count, writtenCount }) => count > writtenCount);
    this.#series.clear();
    return unwritten.map((series) => ({ ...series }));
  }

  #bucketOf(object: string, nowMs: number): TokenBucket {
    const known = this.#buckets.get(object);
    if (known !== undefined) return known;
    this.#makeRoom(this.#buckets);
    const bucket = new TokenBucket(1 / this.#limits.refillSeconds, this.#limits.burst, nowMs);
    this.#buckets.set(object, bucket);
    return bucket;
  }

  #makeRoom(map: Map<string, unknown>): void {
    const [oldest] = map.keys();
    if (map.size >= this.#limits.maxSeries && oldest !== undefined) map.delete(oldest);
  }
}
