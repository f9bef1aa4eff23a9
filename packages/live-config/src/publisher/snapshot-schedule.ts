/** When a range is large enough, and has changed enough, for a new snapshot in the object store; and which are kept. */
import type { ConfigRange } from '@sluice/contract/config-key.ts';
import type { SnapshotReference } from '@sluice/contract/config-message.ts';
import type { PublisherEffect, PublisherInput } from './publisher-step.ts';

/** Up to here a plain watch delivers a snapshot in two seconds (measured). */
const defaultAbove = 100_000;
const minChanges = 10_000;
/** After a failure; counted in heads, which come every two seconds. */
const headsBeforeRetry = 15;

type SnapshotInput = Extract<PublisherInput, { kind: 'SnapshotStored' | 'SnapshotFailed' }>;

export class SnapshotSchedule {
  readonly #range: ConfigRange;
  readonly #above: number;
  #current: SnapshotReference | null = null;
  #previous: SnapshotReference | null = null;
  #isStoring = false;
  #changes = 0;
  #heads = 0;

  constructor(range: ConfigRange, above = defaultAbove) {
    this.#range = range;
    this.#above = above;
  }

  get current(): SnapshotReference | null {
    return this.#current;
  }

  /** The bucket was read again; its head named this one. */
  reset(found: SnapshotReference | null): void {
    this.#current = found;
    this.#previous = null;
    this.#isStoring = false;
    // Unknown: as many as ask for a new one.
    this.#changes = Number.POSITIVE_INFINITY;
    this.#heads = 0;
  }

  /** An entry was stored. */
  count(): void {
    this.#changes += 1;
  }

  /** Has a snapshot stored if one is due, of what the bucket held at this sequence. */
  begin(
    count: number,
    at: { readonly epoch: number; readonly revision: number; readonly sequence: number },
  ): readonly PublisherEffect[] {
    if (this.#heads > 0) this.#heads -= 1;
    if (count <= this.#above) {
      this.#current = null;
      return [];
    }
    if (this.#isStoring || this.#heads > 0 || this.#changes < Math.max(minChanges, count / 10)) return [];
    this.#isStoring = true;
    this.#changes = 0;
    const { epoch, revision, sequence } = at;
    return [{ kind: 'StoreSnapshot', object: `${this.#range}.${epoch}.${revision}`, sequence, epoch }];
  }

  finish(input: SnapshotInput): readonly PublisherEffect[] {
    if (input.kind === 'SnapshotFailed') {
      this.#isStoring = false;
      this.#changes = Number.POSITIVE_INFINITY;
      this.#heads = headsBeforeRetry;
      const event = { kind: 'Failed', what: 'storing a snapshot', reason: input.reason } as const;
      return [{ kind: 'Report', event }];
    }
    // Of a bucket that was read again since, or not asked for.
    if (!this.#isStoring) return [];
    this.#isStoring = false;
    this.#previous = this.#current;
    this.#current = input.snapshot;
    const { object, bytes } = input.snapshot;
    return [
      { kind: 'PruneSnapshots', keep: this.#keep() },
      { kind: 'Report', event: { kind: 'SnapshotStored', object, bytes } },
    ];
  }

  /** The one before may still be being read. */
  #keep(): readonly string[] {
    return [this.#current, this.#previous].flatMap((snapshot) => (snapshot === null ? [] : [snapshot.object]));
  }
}
