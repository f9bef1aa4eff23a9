/** The epoch a publisher writes with, and the highest of which anything was seen. Invariant: it claims one above that. */
import type { PublisherEffect } from './publisher-step.ts';

const retryMs = 1_000;

export class EpochClaim {
  #epoch = 0;
  #highest = 0;
  #retryAtMs = Number.POSITIVE_INFINITY;

  /** 0: none. */
  get epoch(): number {
    return this.#epoch;
  }

  get highest(): number {
    return this.#highest;
  }

  see(epoch: number): void {
    this.#highest = Math.max(this.#highest, epoch);
  }

  /** It is not to be written with any more. */
  giveUp(): void {
    this.#epoch = 0;
  }

  ask(): PublisherEffect {
    this.#retryAtMs = Number.POSITIVE_INFINITY;
    return { kind: 'ClaimEpoch', above: this.#highest };
  }

  /** false: something higher was seen; it must be asked for again. */
  take(epoch: number): boolean {
    if (epoch <= this.#highest) return false;
    this.#epoch = epoch;
    this.#highest = epoch;
    return true;
  }

  retry(nowMs: number): void {
    this.#retryAtMs = nowMs + retryMs;
  }

  isDue(nowMs: number): boolean {
    return nowMs >= this.#retryAtMs;
  }
}
