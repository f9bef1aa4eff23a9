/**
 * Tells the publishers of all processes that there is something in the outbox: NOTIFY on a connection of its own, after the commit. In the
 * transaction of the change it would take a lock until the commit is on disk, and all changes would wait for each other there.
 * A notification that is lost costs the time until the publisher looks by itself.
 */
import type { Database } from '../database/database.ts';
import { outboxChannel } from './leader-session.ts';

export class OutboxSignal {
  readonly #database: Database;
  #isSending = false;
  #isWanted = false;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Never rejects; of several at once, one is sent now and one afterwards. */
  wake(): void {
    this.#isWanted = true;
    if (!this.#isSending) void this.#send();
  }

  async #send(): Promise<void> {
    this.#isSending = true;
    while (this.#isWanted) {
      this.#isWanted = false;
      try {
        // Nothing is changed, so nothing has to reach the disk.
        await this.#database.run(
          `SELECT set_config('synchronous_commit', 'off', true), pg_notify('${outboxChannel}', '')`,
        );
      } catch {
        break; // the publisher looks by itself
      }
    }
    this.#isSending = false;
  }
}
