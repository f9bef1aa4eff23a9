/**
 * The rules of the work queue, as client-go's: a key waits once, is out once, and comes again if it was added while out.
 * Pure: the time is an argument, nothing waits.
 */
import { TokenBucket } from '../pace/token-bucket.ts';
import { TimedKeys } from './timed-keys.ts';

export interface WorkQueueLimits {
  /** Of the first retry of a key. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** Of all retries together. */
  readonly qps: number;
  readonly burst: number;
  /** Keys held in all. */
  readonly maxKeys: number;
}

export interface TakenKey {
  readonly key: string;
  /** Since it was added. */
  readonly waitedMs: number;
}

const maxDoublings = 40;

export class WorkQueueCore {
  readonly #limits: WorkQueueLimits;
  readonly #bucket: TokenBucket;
  /** In the order of their turn, since when. */
  readonly #waiting = new Map<string, number>();
  readonly #out = new Map<string, number>();
  /** Added while out, since when. */
  readonly #again = new Map<string, number>();
  readonly #timed = new TimedKeys();
  readonly #failures = new Map<string, number>();
  #dropped = 0;

  constructor(limits: WorkQueueLimits, nowMs: number) {
    this.#limits = limits;
    this.#bucket = new TokenBucket(limits.qps, limits.burst, nowMs);
  }

  get depth(): number {
    return this.#waiting.size;
  }

  /** Keys refused because the queue was full. */
  get dropped(): number {
    return this.#dropped;
  }

  get outCount(): number {
    return this.#out.size;
  }

  /** Of what is out now: when each was taken. */
  takenAtMs(): Iterable<number> {
    return this.#out.values();
  }

  /** When `advance` next has something to do; null: not before something is added. */
  nextDueMs(): number | null {
    return this.#timed.earliestMs();
  }

  add(key: string, nowMs: number): boolean {
    if (this.#waiting.has(key) || this.#again.has(key)) return true;
    if (!this.#fits(key)) return false;
    this.#timed.remove(key);
    (this.#out.has(key) ? this.#again : this.#waiting).set(key, nowMs);
    return true;
  }

  addAfter(key: string, delayMs: number, nowMs: number): boolean {
    if (delayMs <= 0) return this.add(key, nowMs);
    if (!this.#fits(key)) return false;
    this.#timed.add(key, nowMs + delayMs);
    return true;
  }

  addRateLimited(key: string, nowMs: number): boolean {
    if (!this.#fits(key)) return false;
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const { baseDelayMs, maxDelayMs } = this.#limits;
    const ownMs = Math.min(maxDelayMs, baseDelayMs * 2 ** Math.min(failures, maxDoublings));
    return this.addAfter(key, Math.max(ownMs, this.#bucket.reserve(nowMs)), nowMs);
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** Moves to the waiting what is due. */
  advance(nowMs: number): void {
    for (let key = this.#timed.takeDue(nowMs); key !== null; key = this.#timed.takeDue(nowMs)) this.add(key, nowMs);
  }

  take(nowMs: number): TakenKey | null {
    for (const [key, sinceMs] of this.#waiting) {
      this.#waiting.delete(key);
      this.#out.set(key, nowMs);
      return { key, waitedMs: nowMs - sinceMs };
    }
    return null;
  }

  /** Returns how long it was out; null: it was not. */
  done(key: string, nowMs: number): number | null {
    const takenMs = this.#out.get(key);
    if (takenMs === undefined) return null;
    this.#out.delete(key);
    const sinceMs = this.#again.get(key);
    if (sinceMs !== undefined) {
      this.#again.delete(key);
      this.#waiting.set(key, sinceMs);
    }
    return nowMs - takenMs;
  }

  dropTimed(): void {
    this.#timed.clear();
  }

  dropAll(): void {
    this.dropTimed();
    this.#waiting.clear();
    this.#again.clear();
  }

  #fits(key: string): boolean {
    const isHeld = this.#waiting.has(key) || this.#again.has(key) || this.#timed.has(key) || this.#out.has(key);
    const held = this.#waiting.size + this.#again.size + this.#timed.size + this.#out.size;
    if (isHeld || held < this.#limits.maxKeys) return true;
    this.#dropped += 1;
    return false;
  }
}
