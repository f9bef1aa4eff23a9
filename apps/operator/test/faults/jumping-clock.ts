/**
 * The machine's clock, with leaps: after one, as after SIGCONT or the sleep of a laptop, all that fell due meanwhile is called in its
 * order, and nothing has run before it.
 */
import { systemClock } from '@sluice/kube/clock/system-clock.ts';
import type { Clock } from '@sluice/kube/port/clock.ts';

interface Timer {
  readonly dueMs: number;
  readonly call: () => void;
  cancel: () => void;
}

export class JumpingClock implements Clock {
  readonly #timers = new Set<Timer>();
  #leaptMs = 0;
  #isFrozen = false;

  nowMs(): number {
    return systemClock.nowMs() + this.#leaptMs;
  }

  wallMs(): number {
    return systemClock.wallMs() + this.#leaptMs;
  }

  random(): number {
    return systemClock.random();
  }

  after(delayMs: number, call: () => void): () => void {
    const dueMs = this.nowMs() + delayMs;
    const timer: Timer = { dueMs, call, cancel: () => {} };
    this.#timers.add(timer);
    if (!this.#isFrozen) this.#arm(timer);
    return () => this.#cancel(timer);
  }

  /** No timer is called until the next leap. */
  freeze(): void {
    this.#isFrozen = true;
    for (const { cancel } of this.#timers) cancel();
  }

  jump(ms: number): void {
    this.#isFrozen = false;
    this.#leaptMs += ms;
    const inOrder = [...this.#timers].toSorted((a, b) => a.dueMs - b.dueMs);
    for (const timer of inOrder) {
      timer.cancel();
      this.#arm(timer);
    }
  }

  #arm(timer: Timer): void {
    timer.cancel = systemClock.after(Math.max(0, timer.dueMs - this.nowMs()), () => this.#fire(timer));
  }

  #fire(timer: Timer): void {
    if (!this.#timers.delete(timer)) return;
    timer.call();
  }

  #cancel(timer: Timer): void {
    this.#timers.delete(timer);
    timer.cancel();
  }
}
