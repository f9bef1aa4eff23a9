/**
 * Decides when a file that is being written has been written: after a short silence, or after the longest delay under
 * endless writing. Pure: the time is an argument. Invariant: a change is reported at most `maxDelayMs` after it was seen.
 */

export interface SettleTimes {
  /** Silence after a change. */
  readonly settleMs: number;
  /** Silence while the file is absent or empty: most often an editor that is about to write it. */
  readonly doubtMs: number;
  readonly maxDelayMs: number;
}

export class ChangeSettler {
  readonly #times: SettleTimes;
  #firstMs: number | null = null;
  #dueMs = 0;

  constructor(times: SettleTimes) {
    this.#times = times;
  }

  /** A change was seen. */
  changed(nowMs: number, isDoubtful: boolean): void {
    const { settleMs, doubtMs, maxDelayMs } = this.#times;
    this.#firstMs ??= nowMs;
    this.#dueMs = Math.min(nowMs + (isDoubtful ? doubtMs : settleMs), this.#firstMs + maxDelayMs);
  }

  /** Milliseconds until there is something to report; null: nothing pending. */
  leftMs(nowMs: number): number | null {
    return this.#firstMs === null ? null : Math.max(0, this.#dueMs - nowMs);
  }

  /** True once for each settled change. */
  take(nowMs: number): boolean {
    if (this.leftMs(nowMs) !== 0) return false;
    this.#firstMs = null;
    return true;
  }
}
