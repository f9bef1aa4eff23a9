/**
 * A clock that stands still until it is told otherwise: hours pass at once, in the order of their timers. What a timer starts
 * (promises) is let finish before the next one fires, as long as it waits for nothing but timers.
 */

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly call: () => void;
}

export interface VirtualClockOptions {
  /** Milliseconds since 1970 at the start. */
  readonly wallMs?: number;
  /** In [0, 1); always 0.5 unless given. */
  readonly random?: () => number;
}

/** Turns of the event loop given to promises between two timers. */
const turns = 4;

export class VirtualClock {
  #nowMs = 0;
  #wallMs: number;
  #order = 0;
  readonly #random: () => number;
  readonly #timers = new Set<Timer>();

  constructor({ wallMs = Date.UTC(2030, 0, 1), random = () => 0.5 }: VirtualClockOptions = {}) {
    this.#wallMs = wallMs;
    this.#random = random;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#wallMs;
  }

  random(): number {
    return this.#random();
  }

  after(delayMs: number, call: () => void): () => void {
    this.#order += 1;
    const timer = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order, call };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets time pass, timers included. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#nowMs + byMs;
    await settle();
    for (let next = this.#next(endMs); next !== null; next = this.#next(endMs)) {
      this.#timers.delete(next);
      this.#moveTo(Math.max(this.#nowMs, next.dueMs));
      next.call();
      await settle();
    }
    this.#moveTo(endMs);
    await settle();
  }

  /** Time passes, but nothing runs: as in a process that was stopped. */
  sleepThrough(byMs: number): void {
    this.#moveTo(this.#nowMs + byMs);
  }

  /** Somebody sets the clock on the wall; or, forward, the machine was suspended. */
  jumpWall(byMs: number): void {
    this.#wallMs += byMs;
  }

  #next(endMs: number): Timer | null {
    let first: Timer | null = null;
    for (const timer of this.#timers) {
      const isEarlier =
        first === null || timer.dueMs < first.dueMs || (timer.dueMs === first.dueMs && timer.order < first.order);
      if (timer.dueMs <= endMs && isEarlier) first = timer;
    }
    return first;
  }

  #moveTo(nowMs: number): void {
    this.#wallMs += nowMs - this.#nowMs;
    this.#nowMs = nowMs;
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
