/**
 * When to ask again after a list or a watch has ended. A server that closes early, in order or not, is never asked in a tight
 * loop; one that serves well is asked again at once. Pure: chance is an argument.
 */

export interface WatchEnd {
  readonly lastedMs: number;
  /** Anything came after it was granted: an event, a bookmark. */
  readonly hasProgressed: boolean;
  /** Ended by the server as agreed, or by ourselves on purpose. */
  readonly isOrderly: boolean;
  /** null: not said. */
  readonly retryAfterMs: number | null;
}

const baseMs = 500;
const maxMs = 30_000;
/** Between the beginnings of two watches, when a server closes after each event. */
const spacingMs = 1_000;
const healthyMs = 10_000;
/** After each so many refusals without anything gained, even the resource version is doubted. */
const doubtAfter = 4;

export class WatchPace {
  #failures = 0;
  #refusals = 0;

  /** The version that we watch from may be what is refused: list anew. */
  get doubtsVersion(): boolean {
    return this.#refusals > 0 && this.#refusals % doubtAfter === 0;
  }

  /** The server has answered, and did not grant the watch; a server that is away, or has no time, says nothing of versions. */
  refused(): void {
    this.#refusals += 1;
  }

  /** Of a list that failed; a watch that was refused, too. */
  afterFailure(retryAfterMs: number | null, random: number): number {
    const growingMs = Math.min(maxMs, baseMs * 2 ** Math.min(this.#failures, 16)) * (0.5 + random / 2);
    this.#failures += 1;
    return Math.max(growingMs, (retryAfterMs ?? 0) * (1 + random / 4));
  }

  afterWatch(end: WatchEnd, random: number): number {
    const isUseful = end.hasProgressed || (end.isOrderly && end.lastedMs >= healthyMs);
    if (!isUseful) return this.afterFailure(end.retryAfterMs, random);
    this.#failures = 0;
    this.#refusals = 0;
    const restMs = Math.max(0, spacingMs - end.lastedMs) * (0.75 + random / 4);
    return Math.max(restMs, end.retryAfterMs ?? 0);
  }

  /** A 410 asks for a list at once, unless a list has just been followed by a 410. */
  afterExpiry(hasProgressed: boolean, random: number): number {
    if (hasProgressed) this.#failures = 0;
    if (this.#failures > 0) return this.afterFailure(null, random);
    this.#failures = 1;
    return 0;
  }
}
