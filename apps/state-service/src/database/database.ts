/**
 * The pool of connections and the transactions on it. Responsible for the promise that every operation ends in time, whatever the
 * database does, and that a caller can tell "nothing happened" (DatabaseUnavailableError) from "it may have happened"
 * (CommitUnknownError). Invariant: a connection that did not answer, or broke, is destroyed and never used again.
 */
import { Pool, type PoolClient } from 'pg';
import { connectionSettings } from './connection-settings.ts';
import type { DatabaseConfig } from './database-config.ts';
import { CommitUnknownError, DatabaseUnavailableError, type UnavailableReason } from './database-error.ts';
import { isRefusedByServer, isWorthRepeating, mapDatabaseError, unavailableReason } from './map-database-error.ts';
import type { ReadingBounds, Session } from './session.ts';

export interface DatabaseStats {
  readonly open: number;
  readonly idle: number;
  readonly waiting: number;
  readonly maximum: number;
  /** Operations that failed, by reason. */
  readonly unavailable: Readonly<Record<UnavailableReason, number>>;
  readonly commitsUnknown: number;
  readonly repeated: number;
}

export interface DatabaseDeps {
  /** A monotonic clock. */
  readonly nowMs: () => number;
}

type Work<Result> = (session: Session) => Promise<Result>;
type Access = 'READ ONLY' | 'READ WRITE';

/** Deadlocks are undone by the server; more than this many in a row means contention that waiting cures better. */
const maxAttempts = 4;
/** The driver's answer when its line for connections did not move. */
const lineTimeoutMessage = 'timeout exceeded when trying to connect';

export class Database {
  readonly #pool: Pool;
  readonly #config: DatabaseConfig;
  readonly #nowMs: () => number;
  readonly #unavailable: Record<UnavailableReason, number> = {
    Unreachable: 0,
    Hung: 0,
    PoolExhausted: 0,
    ReadOnly: 0,
    NotAccepting: 0,
    Overloaded: 0,
  };
  #commitsUnknown = 0;
  #repeated = 0;
  /** What the last operation that reached the database, or did not, found: tells a full pool from a database that holds it up. */
  #trouble: UnavailableReason | null = null;
  #inLine = 0;

  constructor(config: DatabaseConfig, deps: DatabaseDeps) {
    this.#config = config;
    this.#nowMs = deps.nowMs;
    const bounds = {
      connectTimeoutMs: config.acquireTimeoutMs,
      statementTimeoutMs: config.operationTimeoutMs,
      lockTimeoutMs: Math.round(config.operationTimeoutMs * 0.8),
    };
    this.#pool = new Pool({
      ...connectionSettings(config.connectionString, bounds),
      max: config.maxConnections,
      idleTimeoutMillis: 60_000,
      maxLifetimeSeconds: 1_800,
    });
    // A connection that breaks while nobody uses it is gone from the pool already; without a listener it would end the process.
    this.#pool.on('error', () => {});
    // The pool takes its listener away when it hands a connection out, and the session adds its own a turn later: a server that says
    // goodbye in the segment that lets us in is heard between the two.
    this.#pool.on('connect', (client) => client.on('error', () => {}));
  }

  get stats(): DatabaseStats {
    return {
      open: this.#pool.totalCount,
      idle: this.#pool.idleCount,
      waiting: this.#inLine,
      maximum: this.#config.maxConnections,
      unavailable: { ...this.#unavailable },
      commitsUnknown: this.#commitsUnknown,
      repeated: this.#repeated,
    };
  }

  /** All statements of `work` see the same instant. */
  async read<Result>(work: Work<Result>): Promise<Result> {
    return await this.#counted(() => this.#transaction('READ ONLY', work));
  }

  /**
   * All pages are of the same instant. Each takes no longer than an operation, and keeps its connection until the last one is read or
   * whoever reads them ends it.
   */
  async *readPages<Page>(
    work: (session: Session) => AsyncIterable<Page>,
    { idleMs, totalMs }: ReadingBounds,
  ): AsyncGenerator<Page> {
    const { operationTimeoutMs, wideTimeoutMs } = this.#config;
    const begunAt = this.#nowMs();
    const session = await this.#counted(async () => {
      const deadline = begunAt + operationTimeoutMs;
      return new ClientSession(await this.#acquire(), { deadline, wideTimeoutMs, nowMs: this.#nowMs });
    });
    try {
      await this.#counted(async () => {
        await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
        await session.query(`SET LOCAL idle_in_transaction_session_timeout = ${idleMs}`);
      });
      const pages = work(session)[Symbol.asyncIterator]();
      for (;;) {
        session.renew(Math.min(this.#nowMs() + operationTimeoutMs, begunAt + totalMs));
        const page = await this.#counted(() => pages.next());
        if (page.done === true) return;
        yield page.value;
      }
    } finally {
      await session.rollBack();
      session.release();
    }
  }

  /** `work` runs again when the server undid it for a deadlock; what it rejects with undoes everything. */
  async write<Result>(work: Work<Result>): Promise<Result> {
    return await this.#counted(async () => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await this.#transaction('READ WRITE', work);
        } catch (error) {
          if (!isWorthRepeating(error)) throw error;
          if (attempt === maxAttempts) throw new DatabaseUnavailableError('Overloaded', { cause: error });
          this.#repeated += 1;
        }
      }
    });
  }

  /** One statement that needs no transaction around it. */
  async run(text: string, values: readonly unknown[] = []): Promise<void> {
    await this.#counted(async () => {
      const deadline = this.#nowMs() + this.#config.operationTimeoutMs;
      const client = await this.#acquire();
      const session = new ClientSession(client, { deadline, wideTimeoutMs: 0, nowMs: this.#nowMs });
      try {
        await session.query(text, values);
      } finally {
        session.release();
      }
    });
  }

  /** Open transactions end first. */
  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #transaction<Result>(access: Access, work: Work<Result>): Promise<Result> {
    const { operationTimeoutMs, wideTimeoutMs } = this.#config;
    const deadline = this.#nowMs() + operationTimeoutMs;
    const client = await this.#acquire();
    const session = new ClientSession(client, { deadline, wideTimeoutMs, nowMs: this.#nowMs });
    try {
      // READ WRITE is not said: it would go over an administrator's default_transaction_read_only.
      await session.query(access === 'READ ONLY' ? 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' : 'BEGIN');
      const result = await work(session);
      if (access === 'READ ONLY') await session.query('COMMIT');
      else await this.#commit(session);
      return result;
    } catch (error) {
      await session.rollBack();
      throw error;
    } finally {
      session.release();
    }
  }

  async #commit(session: ClientSession): Promise<void> {
    try {
      await session.query('COMMIT');
    } catch (error) {
      if (isRefusedByServer(error)) throw error;
      this.#commitsUnknown += 1;
      throw new CommitUnknownError(error);
    }
  }

  async #acquire(): Promise<PoolClient> {
    if (this.#inLine >= this.#config.maxWaiting) throw new DatabaseUnavailableError(this.#trouble ?? 'PoolExhausted');
    this.#inLine += 1;
    try {
      return await this.#pool.connect();
    } catch (error) {
      if (!(error instanceof Error) || error.message !== lineTimeoutMessage) throw error;
      throw new DatabaseUnavailableError(this.#trouble ?? 'PoolExhausted', { cause: error });
    } finally {
      this.#inLine -= 1;
    }
  }

  async #counted<Result>(operation: () => Promise<Result>): Promise<Result> {
    try {
      const result = await operation();
      this.#trouble = null;
      return result;
    } catch (error) {
      const reason = unavailableReason(error);
      if (reason !== null) this.#unavailable[reason] += 1;
      if (reason === 'Hung' || reason === 'Unreachable' || reason === 'NotAccepting') this.#trouble = reason;
      throw mapDatabaseError(error);
    }
  }
}

interface SessionBounds {
  readonly deadline: number;
  readonly wideTimeoutMs: number;
  readonly nowMs: () => number;
}

class ClientSession implements Session {
  readonly #client: PoolClient;
  readonly #bounds: SessionBounds;
  readonly #onError = (): void => {
    this.#isBroken = true;
  };
  #deadline: number;
  #isBroken = false;

  constructor(client: PoolClient, bounds: SessionBounds) {
    this.#client = client;
    this.#bounds = bounds;
    this.#deadline = bounds.deadline;
    client.on('error', this.#onError);
  }

  async query<Result extends object>(text: string, values: readonly unknown[] = []): Promise<readonly Result[]> {
    const leftMs = Math.ceil(this.#deadline - this.#bounds.nowMs());
    if (leftMs <= 0) throw new DatabaseUnavailableError('Overloaded');
    try {
      const options = { text, values: [...values], query_timeout: leftMs };
      return (await this.#client.query<Result & Record<string, unknown>>(options)).rows;
    } catch (error) {
      const reason = unavailableReason(error);
      // Refused by the server (with a SQLSTATE) is an answer: the connection is as good as before.
      if (reason === 'Hung' || reason === 'Unreachable' || reason === 'NotAccepting') this.#isBroken = true;
      throw error;
    }
  }

  async widen(): Promise<void> {
    const { wideTimeoutMs, nowMs } = this.#bounds;
    await this.query(`SET LOCAL statement_timeout = ${wideTimeoutMs}`);
    this.#deadline = nowMs() + wideTimeoutMs;
  }

  renew(deadline: number): void {
    this.#deadline = deadline;
  }

  async rollBack(): Promise<void> {
    if (this.#isBroken) return;
    try {
      this.#deadline = Math.max(this.#deadline, this.#bounds.nowMs() + 100);
      await this.query('ROLLBACK');
    } catch {
      this.#isBroken = true;
    }
  }

  release(): void {
    this.#client.off('error', this.#onError);
    // end() would wait for a goodbye from a server that hangs; the pool hands the place on when the socket is closed.
    if (this.#isBroken) destroySocket(this.#client);
    this.#client.release(this.#isBroken);
  }
}

function destroySocket(client: PoolClient): void {
  const { connection } = client as unknown as { readonly connection: { readonly stream: { destroy(): void } } };
  connection.stream.destroy();
}
