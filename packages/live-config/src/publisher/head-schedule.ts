/**
 * Which head is to be written, and when: after each batch, and every two seconds. Invariant: a head says what was confirmed last, or that
 * nothing is.
 */
import type { ConfigRange } from '@sluice/contract/config-key.ts';
import { type ConfigHead, type SnapshotReference, unconfirmedDigest } from '@sluice/contract/config-message.ts';

const intervalMs = 2_000;

export interface HeadFields {
  readonly range: ConfigRange;
  readonly epoch: number;
  readonly publisher: string;
  readonly snapshot: SnapshotReference | null;
}

interface ConfirmedState {
  readonly digest: string;
  readonly count: number;
}

export class HeadSchedule {
  #isDue = false;
  #writtenAtMs = 0;
  #revision = 0;
  #ticket = 0;
  #coveredTicket = 0;
  /** Of the head that is being put. */
  #flying = { ticket: 0, revision: 0 };
  #state: ConfirmedState | null = null;

  get revision(): number {
    return this.#revision;
  }

  get state(): ConfirmedState {
    return this.#state ?? { digest: '', count: 0 };
  }

  get isDue(): boolean {
    return this.#isDue;
  }

  /** The bucket was read: no revision may be lower than one that was there. */
  read(revision: number): void {
    this.#revision = Math.max(this.#revision, revision);
  }

  /** What is in the bucket may be anything. */
  unconfirm(): void {
    this.#state = null;
    this.#isDue = false;
  }

  /** Whether or not there is something to confirm. */
  demand(): void {
    this.#isDue = true;
  }

  confirm(state: ConfirmedState, ticket: number): void {
    this.#revision += 1;
    this.#state = state;
    this.#ticket = ticket;
    this.#isDue = true;
  }

  tick(nowMs: number): void {
    if (nowMs - this.#writtenAtMs >= intervalMs) this.#isDue = true;
  }

  write({ range, epoch, publisher, snapshot }: HeadFields, nowMs: number): ConfigHead {
    this.#isDue = false;
    this.#writtenAtMs = nowMs;
    this.#flying = { ticket: this.#ticket, revision: this.#revision };
    const state = this.#state ?? { digest: unconfirmedDigest, count: 0 };
    return {
      ...{ v: 1, range, epoch, revision: this.#revision, ...state, publisher },
      at: new Date(nowMs).toISOString(),
      ...(snapshot === null ? {} : { snapshot }),
    };
  }

  /** The head that was being put is stored. Says which changes it is the first to count in; null: none. */
  stored(): { readonly ticket: number; readonly revision: number } | null {
    if (this.#state === null || this.#flying.ticket <= this.#coveredTicket) return null;
    this.#coveredTicket = this.#flying.ticket;
    return this.#flying;
  }
}
