/**
 * Ends a watch that the server forgot: one that is silent for too long (bookmarks come every minute, so silence is a lost
 * connection or a hung server), or that goes on past its time. Also carries the stop of the reflector.
 */
import type { Clock } from '../port/clock.ts';

export type WatchCut = 'Silent' | 'TimeIsUp' | 'Stopped';

export class WatchGuard {
  readonly #controller = new AbortController();
  readonly #clock: Clock;
  readonly #silenceMs: number;
  readonly #stopping: AbortSignal;
  readonly #onStop = (): void => this.#end('Stopped');
  readonly #cancelEnd: () => void;
  #cancelSilence: () => void;
  #cut: WatchCut | null = null;

  constructor(clock: Clock, limits: { readonly silenceMs: number; readonly endMs: number }, stopping: AbortSignal) {
    this.#clock = clock;
    this.#silenceMs = limits.silenceMs;
    this.#stopping = stopping;
    this.#cancelEnd = clock.after(limits.endMs, () => this.#end('TimeIsUp'));
    this.#cancelSilence = clock.after(limits.silenceMs, () => this.#end('Silent'));
    stopping.addEventListener('abort', this.#onStop, { once: true });
    if (stopping.aborted) this.#end('Stopped');
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why it was ended by us; null: it was not. */
  get cut(): WatchCut | null {
    return this.#cut;
  }

  heard(): void {
    this.#cancelSilence();
    this.#cancelSilence = this.#clock.after(this.#silenceMs, () => this.#end('Silent'));
  }

  release(): void {
    this.#cancelEnd();
    this.#cancelSilence();
    this.#stopping.removeEventListener('abort', this.#onStop);
  }

  #end(cut: WatchCut): void {
    this.#cut ??= cut;
    this.#controller.abort(new Error(`the watch was ended: ${cut}`));
  }
}
