/**
 * Creates and deletes users by REST while servers are killed, and keeps what was acknowledged. What was answered with success must be
 * in the database afterwards; a request without an answer may have been carried out or not.
 */
import type { CleanupScope } from './cleanup-scope.ts';
import { pause } from './pause.ts';
import type { StateClient } from './state-client.ts';

export interface UserLedgerOptions {
  readonly clients: readonly StateClient[];
  /** Writers at once. */
  readonly writers?: number;
  readonly prefix?: string;
}

type Fate = 'Unknown' | 'Created' | 'Deleted';

const deleteEvery = 4;
const restMs = 5;
const restAfterFailureMs = 50;
const patienceMs = 10_000;

export class UserLedger {
  readonly #options: UserLedgerOptions;
  readonly #fates = new Map<string, Fate>();
  readonly #loops: Promise<void>[];
  readonly #unexpected: string[] = [];
  #isOver = false;
  #lastName = 0;
  #acknowledged = 0;
  #refused = 0;
  #longestMs = 0;

  constructor(scope: CleanupScope, options: UserLedgerOptions) {
    this.#options = options;
    scope.after(async () => {
      await this.stop();
    });
    this.#loops = Array.from({ length: options.writers ?? 4 }, () => this.#write());
  }

  /** Requests that were answered with success. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Requests that were answered 503, or not at all. */
  get refused(): number {
    return this.#refused;
  }

  /** The longest time that an answer took. */
  get longestMs(): number {
    return this.#longestMs;
  }

  /** Resolves when the last request has been answered or given up. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#loops);
  }

  /** Every discrepancy between what was acknowledged and the names that are there. */
  compare(names: ReadonlySet<string>): readonly string[] {
    const found = [...this.#unexpected];
    for (const [name, fate] of this.#fates) {
      if (fate === 'Created' && !names.has(name)) found.push(`${name} was acknowledged and is not there`);
      if (fate === 'Deleted' && names.has(name)) found.push(`${name} was deleted and is there`);
    }
    return found;
  }

  async #write(): Promise<void> {
    while (!this.#isOver) {
      this.#lastName += 1;
      const name = `${this.#options.prefix ?? 'ledger'}-${this.#lastName}`;
      const isDeleted = this.#lastName % deleteEvery === 0;
      const { clients } = this.#options;
      const client = clients[this.#lastName % clients.length];
      if (client === undefined) throw new Error('a ledger needs a client');
      this.#fates.set(name, 'Unknown');
      if (!(await this.#attempt(() => client.createUser(name)))) continue;
      this.#fates.set(name, 'Created');
      if (!isDeleted) continue;
      this.#fates.set(name, 'Unknown');
      if (await this.#attempt(() => client.deleteUser(name))) this.#fates.set(name, 'Deleted');
    }
  }

  async #attempt(act: () => Promise<void>): Promise<boolean> {
    const startedAt = performance.now();
    try {
      await act();
      this.#acknowledged += 1;
      await pause(restMs);
      return true;
    } catch (error) {
      this.#refused += 1;
      const status = error instanceof Error && 'status' in error ? Number(error.status) : 503;
      if (status !== 503) this.#unexpected.push(error instanceof Error ? error.message : String(error));
      await pause(restAfterFailureMs);
      return false;
    } finally {
      this.#longestMs = Math.max(this.#longestMs, Math.min(patienceMs, performance.now() - startedAt));
    }
  }
}
