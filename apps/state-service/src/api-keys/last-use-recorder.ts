/**
 * When keys were used last: gathered in memory and written every few seconds with one statement, so that a request costs no
 * write. A crash loses some seconds of it. Invariant: as many keys are remembered as fit; what does not fit is counted.
 */
import type { Database } from '../database/database.ts';

export interface LastUseConfig {
  readonly flushEveryMs: number;
  readonly maxKeys: number;
}

const defaultLastUseConfig: LastUseConfig = { flushEveryMs: 5_000, maxKeys: 10_000 };

export class LastUseRecorder {
  readonly #database: Database;
  readonly #config: LastUseConfig;
  readonly #timer: NodeJS.Timeout;
  #uses = new Map<string, number>();
  #dropped = 0;
  #flushing: Promise<void> = Promise.resolve();

  constructor(database: Database, config: LastUseConfig = defaultLastUseConfig) {
    this.#database = database;
    this.#config = config;
    this.#timer = setInterval(() => void this.flush(), config.flushEveryMs);
    this.#timer.unref();
  }

  get dropped(): number {
    return this.#dropped;
  }

  record(id: string, atMs: number): void {
    if (this.#uses.size < this.#config.maxKeys || this.#uses.has(id)) this.#uses.set(id, atMs);
    else this.#dropped += 1;
  }

  /** Never rejects: what could not be written is tried again with the next. */
  async flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#write());
    await this.#flushing;
  }

  /** Writes what there is. The database is still open. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }

  async #write(): Promise<void> {
    if (this.#uses.size === 0) return;
    const uses = this.#uses;
    this.#uses = new Map();
    try {
      // Several processes write: the latest use counts. In order of ids, so that they do not lock each other out.
      await this.#database.run(
        `UPDATE api_keys SET last_used_at = greatest(last_used_at, used.at)
         FROM (SELECT k.id, u.at FROM api_keys k JOIN unnest($1::text[], $2::timestamptz[]) AS u (id, at) ON u.id = k.id
               ORDER BY k.id FOR UPDATE OF k) AS used
         WHERE api_keys.id = used.id`,
        [[...uses.keys()], [...uses.values()].map((atMs) => new Date(atMs).toISOString())],
      );
    } catch {
      for (const [id, atMs] of uses) this.record(id, Math.max(atMs, this.#uses.get(id) ?? 0));
    }
  }
}
