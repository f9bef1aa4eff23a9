/**
 * What a head confirmed on its way into the table, some entries at a time: a million at once would stop their isolate for seconds,
 * and with it whatever has a deadline there.
 */
import type { Confirmed } from './apply-queue.ts';
import type { ChangeSet } from './change-set.ts';
import type { Gathering } from './gathering.ts';

/** Some milliseconds. */
const entriesAtOnce = 1_000;

export class Confirmation {
  readonly gathering: Gathering;
  readonly revision: Confirmed;
  readonly #steps: Generator<undefined, ChangeSet>;

  constructor(gathering: Gathering, revision: Confirmed) {
    this.gathering = gathering;
    this.revision = revision;
    this.#steps = gathering.commit();
  }

  /** What it changes; null: there is more to do. */
  proceed(): ChangeSet | null {
    for (let left = entriesAtOnce; left > 0; left -= 1) {
      const step = this.#steps.next();
      if (step.done === true) return step.value;
    }
    return null;
  }
}
