/**
 * A listing of the truth under way, of everything or of the keys to repair, which is asked for part by part. Answers of an
 * earlier listing are not its own.
 */
import { type ConfigRange, parseResourceKey, rangeOf } from '@sluice/contract/config-key.ts';
import { canonicalJson } from '../digest/canonical-json.ts';
import type { PublisherEffect } from './publisher-step.ts';
import type { TruthRecord } from './truth.ts';
import type { Wanted } from './wanted-changes.ts';

type ListEffect = Extract<PublisherEffect, { kind: 'ListTruth' }>;
type PartEffect = Extract<PublisherEffect, { kind: 'NextPart' }>;

export class TruthComparison {
  #listing = 0;
  #isListing = false;
  /** null: everything. */
  #keys: readonly string[] | null = null;
  readonly #unlisted = new Set<string>();
  #isPartTaken = false;
  #retryAtMs = Number.POSITIVE_INFINITY;

  get isListing(): boolean {
    return this.#isListing;
  }

  /** Only some keys are listed, because something else is under them. */
  get isRepairing(): boolean {
    return this.#keys !== null;
  }

  begin(keys: readonly string[] | null): ListEffect {
    this.#listing += 1;
    this.#isListing = true;
    this.#keys = keys;
    this.#unlisted.clear();
    for (const key of keys ?? []) this.#unlisted.add(key);
    this.#isPartTaken = false;
    this.#retryAtMs = Number.POSITIVE_INFINITY;
    return { kind: 'ListTruth', listing: this.#listing, keys };
  }

  isCurrent(listing: number): boolean {
    return this.#isListing && listing === this.#listing;
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
    if (!this.#isListing || !this.#isPartTaken) return null;
    this.#isPartTaken = false;
    return { kind: 'NextPart', listing: this.#listing };
  }

  retryAt(atMs: number): void {
    this.#isPartTaken = false;
    this.#retryAtMs = atMs;
  }

  /** Begins again after a failure, when its time has come. */
  retry(nowMs: number): ListEffect | null {
    return this.#isListing && nowMs >= this.#retryAtMs ? this.begin(this.#keys) : null;
  }

  end(): void {
    this.#isListing = false;
    this.#keys = null;
    this.#unlisted.clear();
  }

  /** null: it cannot be published. */
  wantedOf(range: ConfigRange, { key, generation, spec }: TruthRecord, from: Wanted['from']): Wanted | null {
    const named = parseResourceKey(key);
    if (named === null || rangeOf(named.kind) !== range) return null;
    if (!Number.isSafeInteger(generation) || generation < 1) return null;
    try {
      return { generation, specText: spec === null ? null : canonicalJson(spec), from };
    } catch {
      return null;
    }
  }
}
