/**
 * How long changes wait for others to be published with: hardly at all while there are few, longer the more there have been lately, as
 * every proxy has work with each publication. Pure: the time is an argument.
 */

const minMs = 2;
const maxMs = 96;
/** So many changes lately hold up nobody: somebody who makes one after the other. */
const fewChanges = 4;
/** What each one more adds to the wait. */
const perChangeMs = 12;
const halfLifeMs = 100;
/** A flood is not remembered for longer because it was large. */
const maxRecent = 24;

export class SettlePace {
  /** Changes published lately: each counts for half as much after every half-life. */
  #recent = 0;
  #atMs: number;

  constructor(nowMs: number) {
    this.#atMs = nowMs;
  }

  published(changes: number, nowMs: number): void {
    this.#decay(nowMs);
    this.#recent = Math.min(maxRecent, this.#recent + changes);
  }

  /** From now on, for what comes now. */
  waitMs(nowMs: number): number {
    this.#decay(nowMs);
    return Math.min(maxMs, Math.max(minMs, (this.#recent - fewChanges) * perChangeMs));
  }

  #decay(nowMs: number): void {
    const elapsedMs = Math.max(0, nowMs - this.#atMs);
    this.#recent *= 0.5 ** (elapsedMs / halfLifeMs);
    this.#atMs = nowMs;
  }
}
