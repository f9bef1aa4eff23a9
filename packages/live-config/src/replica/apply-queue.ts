/**
 * Revisions on their way into force: one is being applied, what was confirmed meanwhile waits as one. Keeps which resources were
 * rejected and why. Invariant: what is applied is always a whole confirmed revision, and revisions are applied in their order.
 */
import { ChangeSet } from './change-set.ts';
import type { ApplyEffect, PersistEffect, TableHeader } from './replica-step.ts';

/** What a head said of what it confirmed. */
export type Confirmed = TableHeader;

/** Of heads: the epoch decides, then the revision. */
export function isOlder(head: Omit<Confirmed, 'digest'>, other: Omit<Confirmed, 'digest'>): boolean {
  return head.epoch < other.epoch || (head.epoch === other.epoch && head.revision < other.revision);
}

export interface Rejected {
  readonly generation: number;
  readonly reason: string;
}

export interface Revision {
  readonly confirmed: Confirmed;
  readonly source: 'Disk' | 'Live';
  readonly isWhole: boolean;
  readonly changes: ChangeSet;
}

const maxReasonLength = 1024;

export class ApplyQueue {
  readonly rejected = new Map<string, Rejected>();
  #applying: Revision | null = null;
  #waiting: Revision | null = null;
  #applied: Revision | null = null;

  /** What is in force; null: nothing is. */
  get applied(): (Confirmed & { readonly source: 'Disk' | 'Live' }) | null {
    return this.#applied === null ? null : { ...this.#applied.confirmed, source: this.#applied.source };
  }

  get isBusy(): boolean {
    return this.#applying !== null;
  }

  add(revision: Revision): void {
    if (this.#waiting === null) {
      this.#waiting = revision;
      return;
    }
    const { changes, isWhole } = this.#waiting;
    if (revision.isWhole) this.#waiting = revision;
    else {
      changes.merge(revision.changes);
      this.#waiting = { ...revision, isWhole, changes };
    }
  }

  /** What to apply next; null: nothing, or one is under way. */
  next(): ApplyEffect | null {
    if (this.#applying !== null || this.#waiting === null) return null;
    this.#applying = this.#waiting;
    this.#waiting = null;
    const { confirmed, source, isWhole, changes } = this.#applying;
    return { kind: 'Apply', source, isWhole, ...confirmed, changes };
  }

  /** The one under way is in force; null: none was. */
  finish(rejections: readonly { readonly key: string; readonly reason: string }[]): Revision | null {
    const done = this.#applying;
    if (done === null) return null;
    this.#applying = null;
    if (done.isWhole && done.source === 'Live') this.rejected.clear();
    if (done.source === 'Live') this.#forget(done.changes);
    for (const { key, reason } of rejections) {
      const index = done.changes.facts.indexOf(key);
      if (index < 0 || !done.changes.facts.isLiveAt(index)) continue;
      this.reject(key, done.changes.facts.generationAt(index), reason);
    }
    this.#applied = { ...done, changes: new ChangeSet() };
    return done;
  }

  reject(key: string, generation: number, reason: string): void {
    this.rejected.set(key, { generation, reason: reason.slice(0, maxReasonLength) || 'rejected' });
  }

  /** It is unknown what of them is in force. */
  dropAll(): void {
    this.#applying = null;
    this.#waiting = null;
  }

  persistEffect(done: Revision): PersistEffect {
    const rejected = new Map<string, string>();
    for (const [key, { reason }] of this.rejected) if (done.changes.facts.indexOf(key) >= 0) rejected.set(key, reason);
    const { isWhole, changes } = done;
    return { kind: 'Persist', isWhole, header: done.confirmed, changes, rejected };
  }

  #forget(changes: ChangeSet): void {
    for (const key of this.rejected.keys()) if (changes.facts.indexOf(key) >= 0) this.rejected.delete(key);
  }
}
