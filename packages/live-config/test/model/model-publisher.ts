/** A publisher of the model: the real core, its owner and its driver. */
import { createPublisherCore } from '../../src/publisher/publisher-core.ts';
import type { PublisherCore, PublisherEffect, PublisherInput } from '../../src/publisher/publisher-step.ts';
import type { TruthRecord } from '../../src/publisher/truth.ts';
import { type ActorDeps, ModelActor } from './model-actor.ts';
import type { ModelTruth } from './model-truth.ts';

const partSize = 2;
/** From a change to the publisher hearing of it: its owner finds it in an outbox. */
const maxTellingMs = 200;
const tellingRetryMs = 50;

export interface PublisherDeps extends ActorDeps {
  readonly truth: ModelTruth;
  readonly claim: (above: number) => number;
}

export class ModelPublisher extends ModelActor {
  readonly #truth: ModelTruth;
  readonly #claim: (above: number) => number;
  #core: PublisherCore = createPublisherCore({ range: 'users', publisher: 'none' });
  #ticket = 0;
  /** Changes that it has not been told of, in their order. */
  #untold: TruthRecord[] = [];
  #listing = 0;
  /** Of the listing under way, what is still to be handed over. */
  #toList: readonly string[] = [];
  #listed: Map<string, TruthRecord> | null = null;
  /** null: it may end at once. */
  #endsAfter: TruthRecord | null = null;

  constructor({ truth, claim, ...deps }: PublisherDeps) {
    super(deps);
    this.#truth = truth;
    this.#claim = claim;
  }

  get phase(): string {
    return this.isRunning ? this.#core.status().phase : 'Dead';
  }

  changed(record: TruthRecord): void {
    this.#untold.push(record);
    this.later(this.world.random.between(0, maxTellingMs), () => this.#tellNext());
  }

  acknowledged(epoch: number, revision: number): void {
    this.later(0, () => this.#step({ kind: 'RevisionSeen', epoch, revision }));
  }

  claimAgain(): void {
    this.later(0, () => this.#step({ kind: 'ClaimAgain' }));
  }

  protected override begin(run: number): void {
    this.#core = createPublisherCore({ range: 'users', publisher: `${this.name}-${run}` });
    this.#ticket = 0;
    this.#untold = [];
  }

  protected override connected(bucket: string): void {
    this.#step({ kind: 'Connected', bucket });
  }

  protected override disconnected(): void {
    this.#step({ kind: 'Disconnected', reason: 'cut off' });
  }

  protected override tick(): void {
    this.#step({ kind: 'Tick' });
  }

  #tellNext(): void {
    const record = this.#untold.shift();
    if (record === undefined) return;
    this.#ticket += 1;
    this.#step({ kind: 'Changed', ticket: this.#ticket, records: [record] });
  }

  #step(input: PublisherInput): void {
    const { time, note } = this.world;
    if (input.kind !== 'Tick' && input.kind !== 'Watched') note(() => `${this.name} < ${JSON.stringify(input)}`);
    for (const effect of this.#core.step(input, time.nowMs)) this.#carryOut(effect);
  }

  #carryOut(effect: PublisherEffect): void {
    const { random } = this.world;
    switch (effect.kind) {
      case 'OpenWatch':
        // What somebody else wrote is found by this watch alone: it has to say when it missed something.
        return this.openWatch({ behindSequence: null, isCounted: true }, (event) => {
          this.#step({ kind: 'Watched', watch: effect.watch, event });
        });
      case 'CloseWatch':
        return this.closeWatch();
      case 'ClaimEpoch':
        return this.later(random.between(0, 20), () => {
          this.#step({ kind: 'EpochClaimed', epoch: this.#claim(effect.above) });
        });
      case 'Put':
        return this.#put(effect);
      case 'Read':
        return this.later(random.between(0, 20), () => {
          if (!this.isReachable()) return this.#step({ kind: 'ReadFailed', put: effect.put });
          return this.#step({ kind: 'ReadDone', put: effect.put, entry: this.bucket.read(effect.key) });
        });
      case 'ListTruth':
        return this.#list(effect);
      case 'NextPart':
        return this.#readPart(effect.listing);
      case 'Report':
        return this.world.note(() => `${this.name} ${JSON.stringify(effect.event)}`);
      case 'StoreSnapshot':
      case 'PruneSnapshots':
      case 'Covered':
    }
  }

  #put({ put, key, value, expectedSequence }: Extract<PublisherEffect, { kind: 'Put' }>): void {
    this.world.note(() => `${this.name} puts ${expectedSequence} ${Buffer.from(value).toString()}`);
    const core = this.#core;
    this.bucket.put(
      { key, value, expectedSequence },
      {
        isReachable: this.isReachable,
        answer: (outcome) => {
          if (this.#core === core) this.held(() => this.#step({ kind: 'PutDone', put, outcome }))();
        },
      },
    );
  }

  #list({ listing, keys }: Extract<PublisherEffect, { kind: 'ListTruth' }>): void {
    const { random } = this.world;
    this.#listing = listing;
    this.later(random.between(0, 30), () => {
      if (listing !== this.#listing) return;
      this.#toList = keys ?? this.#truth.keys;
      this.#listed = new Map(this.#truth.list(this.#toList).map((record) => [record.key, record]));
      this.#endsAfter = keys === null ? null : (this.#untold.at(-1) ?? null);
      this.#readPart(listing);
    });
  }

  #readPart(listing: number): void {
    const { random, without } = this.world;
    this.later(random.between(0, 30), () => {
      if (listing !== this.#listing) return;
      const keys = this.#toList.slice(0, partSize);
      this.#toList = this.#toList.slice(partSize);
      if (keys.length === 0) return this.#endListing(listing);
      const records =
        without === 'OneMoment' ? this.#truth.list(keys) : keys.flatMap((key) => this.#listed?.get(key) ?? []);
      return this.#step({ kind: 'TruthPart', listing, records });
    });
  }

  #endListing(listing: number): void {
    if (listing !== this.#listing) return;
    const isUntold = this.#endsAfter !== null && this.#untold.includes(this.#endsAfter);
    if (!isUntold || this.world.without === 'Telling') return this.#step({ kind: 'TruthEnded', listing });
    return this.later(tellingRetryMs, () => this.#endListing(listing));
  }
}
