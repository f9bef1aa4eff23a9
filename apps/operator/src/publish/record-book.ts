/**
 * What is published, with the generation of each key: it grows whenever a published spec changes, endpoints included, and goes on from
 * what the bucket holds, tombstones too. Invariant: a key's generation never goes back and never stands for two specs. Pure.
 */
import { canonicalJson } from '@sluice/live-config/digest/canonical-json.ts';
import type { HeldEntry } from '@sluice/live-config/publisher/read-held-entries.ts';
import type { ResourceSpec, TruthRecord } from '@sluice/live-config/publisher/truth.ts';

interface Kept extends TruthRecord {
  /** null: deleted. */
  readonly specText: string | null;
}

export class RecordBook {
  readonly #held: ReadonlyMap<string, HeldEntry>;
  readonly #kept = new Map<string, Kept>();

  /** `held`: what the bucket holds, deleted or not. Counts as deleted what is not set until `finishFirst`. */
  constructor(held: ReadonlyMap<string, HeldEntry>) {
    this.#held = held;
  }

  /** The record to publish; null: it is what was published last. */
  set(key: string, spec: ResourceSpec | null): TruthRecord | null {
    const specText = spec === null ? null : canonicalJson(spec);
    const before = this.#kept.get(key);
    const last = before ?? this.#held.get(key);
    // What nobody was ever told of needs no tombstone.
    if (last === undefined && spec === null) return null;
    const isSame = last !== undefined && last.specText === specText;
    const generation = (last?.generation ?? 0) + (isSame ? 0 : 1);
    if (before === undefined || !isSame) this.#kept.set(key, { key, generation, spec, specText });
    return isSame ? null : { key, generation, spec };
  }

  /** Everything has been set: what is left of the bucket is deleted. */
  finishFirst(): void {
    for (const key of this.#held.keys()) if (!this.#kept.has(key)) this.set(key, null);
  }

  /** Of what is published; null: it is not. */
  generationOf(key: string): number | null {
    const kept = this.#kept.get(key);
    return kept === undefined || kept.spec === null ? null : kept.generation;
  }

  get(key: string): TruthRecord | undefined {
    return this.#kept.get(key);
  }

  /** Tombstones too. */
  *records(): Generator<TruthRecord> {
    for (const { key, generation, spec } of this.#kept.values()) yield { key, generation, spec };
  }
}
