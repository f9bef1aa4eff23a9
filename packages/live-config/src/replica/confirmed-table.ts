/**
 * The entries of a range that a head has confirmed, applied or on their way, without their specs. Begins empty, or with a last good
 * table. Invariant: between two confirmations `revision.digest` is the digest of its live entries.
 */
import type { ConfigHead } from '@sluice/contract/config-message.ts';
import { EntryTable } from '../digest/entry-table.ts';
import { SetDigest } from '../digest/set-digest.ts';
import type { Confirmed } from './apply-queue.ts';
import { ChangeSet } from './change-set.ts';
import { Confirmation } from './confirmation.ts';
import { Gathering } from './gathering.ts';
import type { RestoredRecord } from './replica-step.ts';

export interface ConfirmedChanges {
  readonly changes: ChangeSet;
  /** It is another revision than before, or has changes. */
  readonly isNew: boolean;
}

export class ConfirmedTable {
  #table = new EntryTable();
  #digest = new SetDigest();
  #count = 0;
  #revision: Confirmed = { epoch: 0, revision: 0, digest: '' };
  #head: ConfigHead | null = null;
  /** Of the last good table, what is to be applied; null: nothing is restored any more. */
  #restored: ChangeSet | null = new ChangeSet();
  #confirmation: Confirmation | null = null;

  /** Of live entries. */
  get count(): number {
    return this.#count;
  }

  get revision(): Confirmed {
    return this.#revision;
  }

  /** What confirmed it, as it came last; null: a head before this run did. */
  get head(): ConfigHead | null {
    return this.#head;
  }

  get isRestoring(): boolean {
    return this.#restored !== null;
  }

  restore({ key, epoch, generation, hash, good }: RestoredRecord): void {
    if (this.#restored === null) return;
    const facts = { epoch, generation, hash, isLive: true, sequence: 0 };
    this.#table.set(key, facts);
    this.#digest.add(hash);
    this.#count += 1;
    if (good !== null) this.#restored.set(key, { ...facts, generation: good.generation }, good.specText);
  }

  /** What to apply; null: it is not the table of this revision, and has been forgotten. */
  endRestoring(revision: Confirmed | null): ChangeSet | null {
    const restored = this.#restored;
    this.#restored = null;
    if (revision !== null && revision.digest === this.#digest.hex()) {
      this.#revision = revision;
      return restored;
    }
    this.#clear();
    return null;
  }

  /** What was restored so far is forgotten; it begins again. */
  restartRestoring(): void {
    if (this.#restored === null) return;
    this.#restored = new ChangeSet();
    this.#clear();
  }

  gather(isWhole: boolean, mustOffer: (key: string) => boolean): Gathering {
    const digest = isWhole ? new SetDigest() : this.#digest.copy();
    return new Gathering({ table: this.#table, digest, count: isWhole ? 0 : this.#count, isWhole, mustOffer });
  }

  /** A head has confirmed the last gathering that was begun: it is taken in by `proceed`. */
  confirm(gathering: Gathering, head: ConfigHead): void {
    this.#head = head;
    const { epoch, revision, digest } = head;
    this.#confirmation = new Confirmation(gathering, { epoch, revision, digest });
  }

  /** The head of before, as it came again. */
  repeat(head: ConfigHead): void {
    this.#head = head;
  }

  get isConfirming(): boolean {
    return this.#confirmation !== null;
  }

  /** What the confirmation changes; null: there is none, or more to do. */
  proceed(): ConfirmedChanges | null {
    const changes = this.#confirmation?.proceed() ?? null;
    if (this.#confirmation === null || changes === null) return null;
    const { gathering, revision } = this.#confirmation;
    const { epoch, revision: number } = this.#revision;
    this.#confirmation = null;
    this.#digest = gathering.digest;
    this.#count = gathering.count;
    this.#revision = revision;
    return { changes, isNew: revision.epoch !== epoch || revision.revision !== number || changes.size > 0 };
  }

  #clear(): void {
    this.#table = new EntryTable();
    this.#digest = new SetDigest();
    this.#count = 0;
  }
}
