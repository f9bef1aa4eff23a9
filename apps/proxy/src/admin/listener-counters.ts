/**
 * Totals for each listener that never go backwards: the engine counts from zero for a listener that a reload removed and
 * added again, Prometheus must not see it. Pure. Invariant: a total only grows while its listener is remembered.
 */
import { type CloseReason, closeReasons } from '../session/connection-record.ts';
import type { LiveListener } from './live-snapshot.ts';

/** Listeners that are gone but still reported; beyond it the one added first is forgotten. */
const maxRemembered = 1_024;

/** A counter of the engine, continued across its restarts from zero. */
class ContinuedTotal {
  #base = 0;
  #last = 0;

  sample(value: number): void {
    if (value < this.#last) this.#base += this.#last;
    this.#last = value;
  }

  get total(): number {
    return this.#base + this.#last;
  }
}

export class ListenerTotals {
  readonly accepted = new ContinuedTotal();
  readonly bytesUp = new ContinuedTotal();
  readonly bytesDown = new ContinuedTotal();
  readonly closed = new Map<CloseReason, number>(closeReasons.map((reason) => [reason, 0]));
}

export class ListenerCounters {
  readonly #totals = new Map<string, ListenerTotals>();
  #maxListeners = maxRemembered;

  /** Takes the engine's counters over; call before and after a reload too, so that nothing between two scrapes is lost. */
  sample(listeners: readonly LiveListener[]): void {
    this.#maxListeners = listeners.length + maxRemembered;
    for (const live of listeners) {
      const totals = this.#of(live.name);
      totals.accepted.sample(live.accepted);
      totals.bytesUp.sample(live.bytesUp);
      totals.bytesDown.sample(live.bytesDown);
    }
    if (this.#totals.size > this.#maxListeners) this.#forget(new Set(listeners.map((live) => live.name)));
  }

  countClosed(listener: string, reason: CloseReason): void {
    const { closed } = this.#of(listener);
    closed.set(reason, (closed.get(reason) ?? 0) + 1);
  }

  entries(): Iterable<[string, ListenerTotals]> {
    return this.#totals.entries();
  }

  #of(name: string): ListenerTotals {
    let totals = this.#totals.get(name);
    if (totals === undefined) {
      totals = new ListenerTotals();
      this.#totals.set(name, totals);
    }
    return totals;
  }

  #forget(present: ReadonlySet<string>): void {
    for (const name of this.#totals.keys()) {
      if (this.#totals.size <= this.#maxListeners) return;
      if (!present.has(name)) this.#totals.delete(name);
    }
  }
}
