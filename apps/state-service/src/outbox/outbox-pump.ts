/**
 * Carries what is in the outbox to a publisher: reads rows and the state of the users they name at one instant, publishes it, and removes
 * the rows when a head that counts it in is stored. Invariants: a row is removed by the session that holds the right to publish, after
 * that, never before; unless so many rows wait that they do not fit into one publication, what is published up to any row is a state
 * that Postgres had. Several rows of a user are one publication.
 */
import { DeposedError } from '@sluice/live-config/publisher/publisher-error.ts';
import type { Published, Publisher } from '@sluice/live-config/publisher/publisher-port.ts';
import type { TruthRecord } from '@sluice/live-config/publisher/truth.ts';
import type { Database } from '../database/database.ts';
import type { Session } from '../database/session.ts';
import { readPublished } from './published-state.ts';
import { deletedUser } from './published-user.ts';

/** What the pump needs of the session that holds the right to publish. */
export interface PumpSession {
  query<Result extends object>(text: string, values?: readonly unknown[]): Promise<readonly Result[]>;
}

export interface OutboxPumpDeps {
  readonly session: PumpSession;
  readonly database: Database;
  readonly publisher: Pick<Publisher, 'publish'>;
  /** Seconds from the oldest of the rows' changes to the head that counts them in. */
  readonly onCovered: (rows: number, lagSeconds: number) => void;
  readonly onFailed: (reason: string) => void;
}

interface OutboxRow {
  readonly id: number;
  readonly user_name: string;
  readonly generation: number;
}

interface Look {
  readonly rows: readonly OutboxRow[];
  readonly records: readonly TruthRecord[];
}

interface CoveredRow extends Published {
  readonly id: number;
}

/**
 * Of a managed user it stays known which head counted it in, for whoever asks how far it has come; of a user that nobody manages
 * any more, nothing.
 */
const removeCovered = `
  WITH removed AS (
    DELETE FROM outbox USING unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS covered (id, epoch, revision)
    WHERE outbox.id = covered.id
    RETURNING outbox.user_name, outbox.generation, outbox.created_at, covered.epoch, covered.revision
  ), last AS (
    SELECT DISTINCT ON (user_name) user_name, generation, epoch, revision FROM removed
    ORDER BY user_name, generation DESC
  ), managed AS (
    SELECT last.* FROM last JOIN users u ON u.name = last.user_name WHERE u.managed_by IS NOT NULL
  ), published AS (
    INSERT INTO user_publications AS p (user_name, generation, epoch, revision) SELECT * FROM managed
    ON CONFLICT (user_name) DO UPDATE
      SET generation = excluded.generation, epoch = excluded.epoch, revision = excluded.revision
      WHERE p.generation <= excluded.generation
  ), forgotten AS (
    DELETE FROM user_publications p USING last
    WHERE p.user_name = last.user_name AND NOT EXISTS (SELECT 1 FROM managed m WHERE m.user_name = last.user_name)
  )
  SELECT count(*) AS count, extract(epoch FROM clock_timestamp() - min(created_at))::float8 AS lag FROM removed`;

const pageRows = 1_000;
/** Rows that are with the publisher and not covered yet. */
const maxHandedOver = 20_000;
const names = (rows: readonly OutboxRow[]): readonly string[] => [...new Set(rows.map((row) => row.user_name))];

export class OutboxPump {
  readonly #deps: OutboxPumpDeps;
  readonly #handedOver = new Set<number>();
  #covered: CoveredRow[] = [];
  #isRemoving = false;
  #isPumping = false;
  #isWanted = false;
  #isStopped = false;
  /** Never rejects. */
  #looking: Promise<void> = Promise.resolve();
  #lastFailure: string | null = null;

  constructor(deps: OutboxPumpDeps) {
    this.#deps = deps;
  }

  get handedOver(): number {
    return this.#handedOver.size;
  }

  /** Looks into the outbox now, or again after the look under way. Never rejects. */
  wake(): void {
    this.#isWanted = true;
    if (!this.#isPumping) this.#looking = this.#pump();
  }

  /** Nothing more is read or removed. */
  stop(): void {
    this.#isStopped = true;
  }

  /**
   * Resolves when the publisher has all that was committed before the call, or as much as it may have at once; rejects when that
   * cannot be read.
   */
  async catchUp(): Promise<void> {
    await this.#looking;
    this.wake();
    await this.#looking;
    if (this.#isStopped || this.#lastFailure !== null) throw new Error(this.#lastFailure ?? 'publishing has ended');
  }

  async #pump(): Promise<void> {
    this.#isPumping = true;
    this.#lastFailure = null;
    try {
      while (this.#isWanted && !this.#isStopped && this.#handedOver.size < maxHandedOver) {
        this.#isWanted = false;
        await this.#handOver();
      }
    } catch (error) {
      this.#lastFailure = error instanceof Error ? error.message : String(error);
      if (!this.#isStopped) this.#deps.onFailed(this.#lastFailure);
    } finally {
      this.#isPumping = false;
    }
  }

  async #handOver(): Promise<void> {
    // Not on the session that holds the right: what it removes meanwhile would be in the same transaction.
    const { rows, records } = await this.#deps.database.read((session) => this.#readNew(session));
    if (this.#isStopped || rows.length === 0) return;
    for (const { id } of rows) this.#handedOver.add(id);
    void this.#publish(rows, records);
  }

  async #readNew(session: Session): Promise<Look> {
    const rows: OutboxRow[] = [];
    const records = new Map<string, TruthRecord>();
    const handedOver = [...this.#handedOver];
    for (let isLast = false; !isLast && rows.length + handedOver.length < maxHandedOver; ) {
      const page = await session.query<OutboxRow>(
        `SELECT id, user_name, generation FROM outbox WHERE id > $2 AND id <> ALL ($1::bigint[]) ORDER BY id LIMIT ${pageRows}`,
        [handedOver, rows.at(-1)?.id ?? 0],
      );
      rows.push(...page);
      for (const record of await recordsOf(session, page)) records.set(record.key, record);
      isLast = page.length < pageRows;
      if (!isLast) await session.widen();
    }
    return { rows, records: [...records.values()] };
  }

  async #publish(rows: readonly OutboxRow[], records: readonly TruthRecord[]): Promise<void> {
    try {
      const { epoch, revision } = await this.#deps.publisher.publish(records);
      this.#covered.push(...rows.map(({ id }) => ({ id, epoch, revision })));
      if (!this.#isRemoving) await this.#remove();
    } catch (error) {
      for (const { id } of rows) this.#handedOver.delete(id);
      // Whoever has taken over reads these rows too.
      if (!(error instanceof DeposedError) && !this.#isStopped) {
        this.#deps.onFailed(error instanceof Error ? error.message : String(error));
      }
    }
  }

  async #remove(): Promise<void> {
    this.#isRemoving = true;
    try {
      while (this.#covered.length > 0 && !this.#isStopped) {
        const covered = this.#covered;
        this.#covered = [];
        const [removed] = await this.#deps.session.query<{ count: number; lag: number | null }>(removeCovered, [
          covered.map(({ id }) => id),
          covered.map(({ epoch }) => epoch),
          covered.map(({ revision }) => revision),
        ]);
        for (const { id } of covered) this.#handedOver.delete(id);
        if (removed !== undefined) this.#deps.onCovered(removed.count, removed.lag ?? 0);
      }
    } finally {
      this.#isRemoving = false;
    }
    if (this.#isWanted && !this.#isPumping) this.#looking = this.#pump();
  }
}

async function recordsOf(session: Session, rows: readonly OutboxRow[]): Promise<readonly TruthRecord[]> {
  if (rows.length === 0) return [];
  const records = await readPublished(session, names(rows));
  const found = new Set(records.map(({ key }) => key));
  // Of a user whose deletion is forgotten already (a publisher was away for a month) the row itself still knows it.
  const forgotten = rows.map((row) => deletedUser(row.user_name, row.generation)).filter(({ key }) => !found.has(key));
  return [...records, ...forgotten];
}
