/** The work queue of the port: the core's rules, one timer, and who waits for a key. */
import type { Clock } from '../port/clock.ts';
import type { WorkQueue } from '../port/work-queue.ts';
import { WorkQueueCore, type WorkQueueLimits } from './work-queue-core.ts';
import type { QueueMetrics, QueueState } from './work-queue-metrics.ts';

export interface WorkQueueDeps {
  readonly clock: Clock;
  readonly metrics: QueueMetrics;
}

export interface OwnedWorkQueue extends WorkQueue {
  /** Drops what waits; who waits for a key gets none. */
  abandon(): void;
}

const usualLimits: WorkQueueLimits = {
  baseDelayMs: 5,
  maxDelayMs: 1_000_000,
  qps: 10,
  burst: 100,
  maxKeys: 200_000,
};

export function createWorkQueue(limits: Partial<WorkQueueLimits>, deps: WorkQueueDeps): OwnedWorkQueue {
  return new TimedWorkQueue({ ...usualLimits, ...limits }, deps);
}

class TimedWorkQueue implements OwnedWorkQueue {
  readonly #core: WorkQueueCore;
  readonly #clock: Clock;
  readonly #metrics: QueueMetrics;
  readonly #takers: ((key: string | null) => void)[] = [];
  #isClosed = false;
  #timer: { readonly dueMs: number; readonly cancel: () => void } | null = null;

  constructor(limits: WorkQueueLimits, { clock, metrics }: WorkQueueDeps) {
    this.#core = new WorkQueueCore(limits, clock.nowMs());
    this.#clock = clock;
    this.#metrics = metrics;
    metrics.watch(() => this.#state());
  }

  get depth(): number {
    return this.#core.depth;
  }

  add(key: string): boolean {
    return this.#adding(() => this.#core.add(key, this.#clock.nowMs()));
  }

  addAfter(key: string, delayMs: number): boolean {
    return this.#adding(() => this.#core.addAfter(key, delayMs, this.#clock.nowMs()));
  }

  addRateLimited(key: string): boolean {
    this.#metrics.retried();
    return this.#adding(() => this.#core.addRateLimited(key, this.#clock.nowMs()));
  }

  forget(key: string): void {
    this.#core.forget(key);
  }

  failures(key: string): number {
    return this.#core.failures(key);
  }

  async take(): Promise<string | null> {
    const key = this.#next();
    if (key !== null) return key;
    if (this.#isClosed && this.#core.outCount === 0) return null;
    return await new Promise((resolve) => this.#takers.push(resolve));
  }

  done(key: string): void {
    const tookMs = this.#core.done(key, this.#clock.nowMs());
    if (tookMs !== null) this.#metrics.worked(tookMs);
    this.#handOut();
  }

  close(): void {
    this.#isClosed = true;
    this.#core.dropTimed();
    this.#handOut();
  }

  abandon(): void {
    this.#core.dropAll();
    this.#isClosed = true;
    this.#handOut();
  }

  #adding(add: () => boolean): boolean {
    if (this.#isClosed) return false;
    const isTaken = add();
    if (isTaken) this.#metrics.added();
    this.#handOut();
    return isTaken;
  }

  #next(): string | null {
    const taken = this.#core.take(this.#clock.nowMs());
    if (taken === null) return null;
    this.#metrics.took(taken.waitedMs);
    return taken.key;
  }

  #handOut(): void {
    while (this.#takers.length > 0) {
      const key = this.#next();
      if (key === null) break;
      this.#takers.shift()?.(key);
    }
    // What is out may still come again, until it is done.
    if (this.#isClosed && this.#core.depth === 0 && this.#core.outCount === 0) this.#dismiss();
    this.#arm();
  }

  #dismiss(): void {
    for (const resolve of this.#takers.splice(0)) resolve(null);
  }

  #arm(): void {
    const dueMs = this.#core.nextDueMs();
    if (dueMs === (this.#timer?.dueMs ?? null)) return;
    this.#timer?.cancel();
    this.#timer = null;
    if (dueMs === null) return;
    const cancel = this.#clock.after(Math.max(0, dueMs - this.#clock.nowMs()), () => {
      this.#timer = null;
      this.#core.advance(this.#clock.nowMs());
      this.#handOut();
    });
    this.#timer = { dueMs, cancel };
  }

  #state(): QueueState {
    const nowMs = this.#clock.nowMs();
    const ages = [...this.#core.takenAtMs()].map((takenMs) => nowMs - takenMs);
    return {
      depth: this.#core.depth,
      dropped: this.#core.dropped,
      unfinishedMs: ages.reduce((sum, age) => sum + age, 0),
      longestMs: Math.max(0, ...ages),
    };
  }
}
