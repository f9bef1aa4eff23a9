/**
 * A listing of the truth under way, of everything or of the keys to repair, which is asked for part by part. Answers of an
 * earlier listing are not its own.
 */
import type { PublisherEffect } from './publisher-step.ts';

type ListEffect = Extract<PublisherEffect, { kind: 'ListTruth' }>;
type PartEffect = Extract<PublisherEffect, { kind: 'NextPart' }>;

export class TruthListing {
  #listing = 0;
  #isRunning = false;
  /** null: everything. */
  #keys: readonly string[] | null = null;
  readonly #unlisted = new Set<string>();
  #isPartTaken = false;
  #retryAtMs = Number.POSITIVE_INFINITY;

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** false: of some keys only, because something else is under them. */
  get isOfAll(): boolean {
    return this.#keys === null;
  }

  begin(keys: readonly string[] | null): ListEffect {
    this.#listing += 1;
    this.#isRunning = true;
    this.#keys = keys;
    this.#unlisted.clear();
    for (const key of keys ?? []) this.#unlisted.add(key);
    this.#isPartTaken = false;
    this.#retryAtMs = Number.POSITIVE_INFINITY;
    return { kind: 'ListTruth', listing: this.#listing, keys };
  }

  isCurrent(listing: number): boolean {
    return this.#isRunning && listing === this.#listing;
  }

  listed(key: string): void {
    this.#unlisted.delete(key);
  }

  /** Keys asked for that the truth does not have. */
  unlisted(): Iterable<string> {
    return this.#unlisted;
  }

  partTaken(): void {
    this.#isPartTaken = true;
  }

  /** Asks for the next part, once for each part that was taken. */
  nextPart(): PartEffect | null {
    if (!this.#isRunning || !this.#isPartTaken) return null;
    this.#isPartTaken = false;
    return { kind: 'NextPart', listing: this.#listing };
  }

  retryAt(atMs: number): void {
    this.#isPartTaken = false;
    this.#retryAtMs = atMs;
  }

  /** Begins again after a failure, when its time has come. */
  retry(nowMs: number): ListEffect | null {
    return this.#isRunning && nowMs >= this.#retryAtMs ? this.begin(this.#keys) : null;
  }

  end(): void {
    this.#isRunning = false;
    this.#keys = null;
    this.#unlisted.clear();
  }
}
