/** The publisher's watch of its own range; there is one at a time, and what belongs to an earlier one is ignored. */
import type { PublisherEffect } from './publisher-step.ts';

/** Our own heads are seen every two seconds: a watch that shows nothing for this long is deaf. */
export const silenceMs = 7_000;

export class OwnWatch {
  #id = 0;
  #eventAtMs = 0;
  #isOpen = false;

  get isOpen(): boolean {
    return this.#isOpen;
  }

  open(nowMs: number): PublisherEffect {
    this.#id += 1;
    this.#isOpen = true;
    this.#eventAtMs = nowMs;
    return { kind: 'OpenWatch', watch: this.#id };
  }

  close(): readonly PublisherEffect[] {
    if (!this.#isOpen) return [];
    this.#isOpen = false;
    return [{ kind: 'CloseWatch', watch: this.#id }];
  }

  /** An event came; false: not of this watch. */
  hears(watch: number, nowMs: number): boolean {
    if (!this.#isOpen || watch !== this.#id) return false;
    this.#eventAtMs = nowMs;
    return true;
  }

  isSilent(nowMs: number): boolean {
    return this.#isOpen && nowMs - this.#eventAtMs > silenceMs;
  }
}
