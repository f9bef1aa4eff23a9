/**
 * For how long a Lease is surely ours after a renewal, by two clocks: the monotonic one runs on while the process is stopped
 * but not while the machine is suspended, the other may be set but knows of the suspension. Whichever says that the time is
 * over is believed; counted from before the renewal was sent.
 */
import type { Clock } from '../port/clock.ts';

export class HeldTime {
  readonly #clock: Pick<Clock, 'nowMs' | 'wallMs'>;
  readonly #forMs: number;
  #fromMs = Number.NEGATIVE_INFINITY;
  #fromWallMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'nowMs' | 'wallMs'>, forMs: number) {
    this.#clock = clock;
    this.#forMs = forMs;
  }

  /** A renewal that was sent at this moment has succeeded. */
  renewed(sent: { readonly nowMs: number; readonly wallMs: number }): void {
    this.#fromMs = sent.nowMs;
    this.#fromWallMs = sent.wallMs;
  }

  remainingMs(): number {
    const passedMs = Math.max(this.#clock.nowMs() - this.#fromMs, this.#clock.wallMs() - this.#fromWallMs);
    return this.#forMs - passedMs;
  }
}
