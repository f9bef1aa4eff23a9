/** The truth of the model, and every state it ever was in. */
import { makeEntry } from '../../src/digest/read-message.ts';
import { canonicalJson } from '../../src/digest/canonical-json.ts';
import { SetDigest } from '../../src/digest/set-digest.ts';
import type { ResourceSpec, TruthRecord } from '../../src/publisher/truth.ts';

export interface InForce {
  readonly generation: number;
  readonly spec: ResourceSpec;
}

export class ModelTruth {
  readonly #records = new Map<string, TruthRecord>();
  /** Digest → where in the history the truth was in that state; deletions lead back to earlier ones. */
  readonly #history = new Map<string, number[]>();
  #version = 0;
  #generation = 0;
  #digest = '';

  constructor() {
    this.#remember();
  }

  get digest(): string {
    return this.#digest;
  }

  get keys(): readonly string[] {
    return [...this.#records.keys()];
  }

  record(key: string): TruthRecord | null {
    return this.#records.get(key) ?? null;
  }

  /** As it is now, deletions too. */
  list(keys: readonly string[] = this.keys): readonly TruthRecord[] {
    return keys.flatMap((key) => this.#records.get(key) ?? []);
  }

  change(key: string, spec: ResourceSpec | null): TruthRecord {
    this.#generation += 1;
    const record = { key, generation: this.#generation, spec };
    this.#records.set(key, record);
    this.#remember();
    return record;
  }

  /** The first place in the history, at `from` or after it, where the truth had this digest; null: there is none. */
  placeOf(digest: string, from: number): number | null {
    return this.#history.get(digest)?.find((version) => version >= from) ?? null;
  }

  #remember(): void {
    this.#digest = digestOf(
      [...this.#records].flatMap(([key, { generation, spec }]) => (spec === null ? [] : [[key, { generation, spec }]])),
    );
    const places = this.#history.get(this.#digest) ?? [];
    places.push(this.#version);
    this.#history.set(this.#digest, places);
    this.#version += 1;
  }
}

/** From the beginning, so that it does not lean on what is tested. */
export function digestOf(entries: Iterable<readonly [string, InForce]>): string {
  const digest = new SetDigest();
  for (const [key, { generation, spec }] of entries) {
    digest.add(makeEntry(key, { epoch: 1, generation, specText: canonicalJson(spec) }).hash);
  }
  return digest.hex();
}
