/** A publisher's core, and the bus and the truth that a test plays for it step by step. */
import { makeEntry, writeEntry } from '../../src/digest/read-message.ts';
import { createPublisherCore } from '../../src/publisher/publisher-core.ts';
import type { PublisherEffect, PublisherInput } from '../../src/publisher/publisher-step.ts';
import type { TruthRecord } from '../../src/publisher/truth.ts';

type Put = Extract<PublisherEffect, { kind: 'Put' }>;

export class ScriptedBus {
  readonly core = createPublisherCore({ range: 'users', publisher: 'p' });
  /** Every effect so far. */
  readonly effects: PublisherEffect[] = [];
  #nowMs = 1_000_000;
  #sequence = 0;
  #answered = 0;

  step(input: PublisherInput): void {
    this.#nowMs += 1;
    this.effects.push(...this.core.step(input, this.#nowMs));
  }

  get puts(): readonly Put[] {
    return this.effects.filter((effect) => effect.kind === 'Put');
  }

  /** What was put under a key, in its order. */
  messages(key: string): readonly Record<string, unknown>[] {
    const values = this.puts.filter((put) => put.key === key).map(({ value }) => Buffer.from(value).toString());
    return values.map((value) => JSON.parse(value) as Record<string, unknown>);
  }

  count(kind: PublisherEffect['kind']): number {
    return this.effects.filter((effect) => effect.kind === kind).length;
  }

  /** An empty bucket, and an epoch for it; what is left is the first listing of the truth. */
  takeOver(epoch: number): void {
    this.step({ kind: 'Connected', bucket: 'bucket' });
    this.step({ kind: 'Watched', watch: 1, event: { kind: 'SnapshotEnded' } });
    this.step({ kind: 'EpochClaimed', epoch });
    this.storeAll();
  }

  /** Every put that was not answered is stored, and those that follow from it. */
  storeAll(): void {
    for (let next = this.puts[this.#answered]; next !== undefined; next = this.puts[this.#answered]) {
      this.#answered += 1;
      this.#sequence += 1;
      this.step({ kind: 'PutDone', put: next.put, outcome: { kind: 'Stored', sequence: this.#sequence } });
    }
  }

  /** Somebody else wrote this. */
  foreign({ key, generation }: Pick<TruthRecord, 'key' | 'generation'>): void {
    const value = writeEntry(makeEntry(key, { epoch: 1, generation, specText: '{"by":"another"}' }));
    this.#sequence += 1;
    this.step({ kind: 'Watched', watch: 1, event: { kind: 'Entry', entry: { key, sequence: this.#sequence, value } } });
  }

  list(listing: number, records: readonly TruthRecord[]): void {
    this.step({ kind: 'TruthPart', listing, records });
  }
}
