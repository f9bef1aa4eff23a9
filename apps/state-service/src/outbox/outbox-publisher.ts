/**
 * Publishes the users of Postgres: one process at a time has the right (an advisory lock), takes the range over with an epoch from a
 * counter in Postgres, and carries the outbox to the bus. Invariants: an epoch is claimed only while the right is held; a process
 * that lost the right goes on saying the head it said last, which does no harm, until it has the right again or is deposed.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { ConfigBus } from '@sluice/live-config/port/config-bus.ts';
import { createTenantBus, type TenantBus } from '@sluice/live-config/port/tenant-bus.ts';
import { createPublisher } from '@sluice/live-config/publisher/publisher.ts';
import type { Publisher, PublisherEvent, PublisherStatus } from '@sluice/live-config/publisher/publisher-port.ts';
import type { Logger } from '@sluice/runtime/logger.ts';
import type { Database } from '../database/database.ts';
import { LeaderSession } from './leader-session.ts';
import { OutboxPump } from './outbox-pump.ts';
import { createPostgresTruth } from './published-state.ts';

export interface OutboxPublisherConfig {
  readonly connectionString: string;
  /** Unique for each run of a process. */
  readonly publisher: string;
  readonly ackKey?: Uint8Array;
  /** How often the outbox is looked into when nobody says that there is something. */
  readonly pollEveryMs?: number;
  /** How often a process without the right tries to get it. */
  readonly standbyEveryMs?: number;
}

export interface OutboxPublisherDeps {
  readonly database: Database;
  readonly bus: ConfigBus;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Since 1970, never back. */
  readonly nowMs: () => number;
  readonly random: () => number;
}

export interface OutboxStats {
  /** Whether this process has the right to publish. */
  readonly isLeader: boolean;
  /** null while it has never had it. */
  readonly publisher: PublisherStatus | null;
  /** Rows of the outbox that a stored head counted in. */
  readonly coveredRows: number;
  /** Of the last rows that were covered: from the change to the head. */
  readonly lastLagSeconds: number;
  /** Rows with the publisher. */
  readonly handedOver: number;
  readonly failures: number;
}

export interface OutboxBacklog {
  /** Counted to 100 000. */
  readonly rows: number;
  /** Age of the oldest; 0: there is none. */
  readonly oldestSeconds: number;
}

const defaultPollMs = 500;
const defaultStandbyMs = 1_000;
const maxBackoffMs = 30_000;

export class OutboxPublisher {
  readonly #config: OutboxPublisherConfig;
  readonly #deps: OutboxPublisherDeps;
  readonly #buses: TenantBus;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #session: LeaderSession | null = null;
  #publisher: Publisher | null = null;
  #pump: OutboxPump | null = null;
  #deposed = Promise.withResolvers<void>();
  #coveredRows = 0;
  #lastLagSeconds = 0;
  #failures = 0;
  /** Connections in a row that came to nothing. */
  #setbacks = 0;

  /** Begins at once. */
  constructor(config: OutboxPublisherConfig, deps: OutboxPublisherDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#buses = createTenantBus(deps.bus);
    this.#running = this.#run();
  }

  get stats(): OutboxStats {
    return {
      isLeader: this.#session?.isLeader ?? false,
      publisher: this.#publisher?.status() ?? null,
      coveredRows: this.#coveredRows,
      lastLagSeconds: this.#lastLagSeconds,
      handedOver: this.#pump?.handedOver ?? 0,
      failures: this.#failures,
    };
  }

  /** Something was committed in this process. */
  wake(): void {
    this.#pump?.wake();
  }

  /** Compares all that is published with Postgres again. */
  rebuild(): void {
    this.#publisher?.rebuild();
  }

  async backlog(): Promise<OutboxBacklog> {
    const [row] = await this.#deps.database.read((session) =>
      session.query<{ rows: number; oldest: number | null }>(
        `SELECT (SELECT count(*) FROM (SELECT 1 FROM outbox LIMIT 100000) AS counted) AS rows,
                (SELECT extract(epoch FROM clock_timestamp() - created_at)::float8 FROM outbox ORDER BY id LIMIT 1) AS oldest`,
      ),
    );
    return { rows: row?.rows ?? 0, oldestSeconds: Math.max(0, row?.oldest ?? 0) };
  }

  /** Lets another process take over at once. The bus and the database stay open. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#session?.close();
    await this.#running;
    await this.#endPublisher();
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        const hasLed = await this.#serve();
        this.#setbacks = hasLed ? 0 : this.#setbacks + 1;
      } catch (error) {
        this.#setbacks += 1;
        this.#fail(error instanceof Error ? error.message : String(error));
      }
      const backoffMs = Math.min(maxBackoffMs, 250 * 2 ** Math.min(this.#setbacks, 10));
      await this.#pause(backoffMs * (0.5 + this.#deps.random() / 2));
    }
  }

  /** One connection, from its opening to its end. Whether it had the right, and published until the connection was lost. */
  async #serve(): Promise<boolean> {
    const { connectionString } = this.#config;
    const session = await LeaderSession.open({ connectionString, onNotified: () => this.wake() });
    this.#session = session;
    try {
      if (!(await this.#becomeLeader(session))) return false;
      await this.#preparePublisher(session);
      return await this.#lead(session);
    } finally {
      this.#pump?.stop();
      this.#pump = null;
      session.close();
    }
  }

  async #becomeLeader(session: LeaderSession): Promise<boolean> {
    const standbyMs = this.#config.standbyEveryMs ?? defaultStandbyMs;
    while (!this.#closing.signal.aborted && !session.isLost) {
      if (await session.tryLead()) return true;
      // It stands by, as it should: the end of this connection, whenever it comes, is the first trouble.
      this.#setbacks = 0;
      await this.#pause(standbyMs * (0.5 + this.#deps.random() / 2));
    }
    return false;
  }

  /** The one of before goes on if nobody else has had the right meanwhile. */
  async #preparePublisher(session: LeaderSession): Promise<void> {
    const status = this.#publisher?.status();
    if (status !== undefined && status.phase !== 'Deposed') {
      const [row] = await session.query<{ epoch: number }>(`SELECT epoch FROM publisher_epochs WHERE range = 'users'`);
      if (status.epoch === 0 || status.epoch === row?.epoch) return;
    }
    await this.#endPublisher();
    const { publisher, ackKey } = this.#config;
    const { database, nowMs, random } = this.#deps;
    this.#deposed = Promise.withResolvers<void>();
    this.#publisher = createPublisher(
      { range: 'users', publisher, whenDeposed: 'Stop', ...(ackKey === undefined ? {} : { ackKey }) },
      {
        bus: this.#buses.next(),
        truth: createPostgresTruth(database, () => this.#tellAll()),
        epochs: { claim: (above) => this.#claimEpoch(above) },
        nowMs,
        random,
        onEvent: (event) => this.#told(event),
      },
    );
  }

  async #lead(session: LeaderSession): Promise<boolean> {
    const publisher = this.#publisher;
    if (publisher === null) return false;
    const pump = new OutboxPump({
      session,
      database: this.#deps.database,
      publisher,
      onCovered: (rows, lagSeconds) => {
        this.#coveredRows += rows;
        this.#lastLagSeconds = lagSeconds;
      },
      onFailed: (reason) => this.#fail(reason),
    });
    this.#pump = pump;
    const poll = setInterval(() => pump.wake(), this.#config.pollEveryMs ?? defaultPollMs);
    pump.wake();
    this.#deps.logger.info('publishing users', { publisher: this.#config.publisher });
    try {
      const lost = session.lost.then((reason) => ({ isDeposed: false, reason }));
      const deposed = this.#deposed.promise.then(() => ({
        isDeposed: true,
        reason: 'another publisher has a higher epoch',
      }));
      const ending = await Promise.race([lost, deposed]);
      if (!this.#closing.signal.aborted) {
        this.#deps.logger.warn('publishing users ended', { publisher: this.#config.publisher, reason: ending.reason });
      }
      return !ending.isDeposed;
    } finally {
      clearInterval(poll);
    }
  }

  /** Only while the right is held: who has lost it would not hear of what is committed, and must not repair. */
  async #tellAll(): Promise<void> {
    if (this.#pump === null) throw new Error('this process does not have the right to publish at the moment');
    await this.#pump.catchUp();
  }

  /** Only while the right is held: a publisher asks again later. */
  async #claimEpoch(above: number): Promise<number> {
    const session = this.#session;
    if (session?.isLeader !== true) throw new Error('this process does not have the right to publish at the moment');
    const [row] = await session.query<{ epoch: number }>(
      `INSERT INTO publisher_epochs AS p (range, epoch) VALUES ('users', $1::bigint + 1)
       ON CONFLICT (range) DO UPDATE SET epoch = greatest(p.epoch, $1::bigint) + 1, taken_at = now()
       RETURNING epoch`,
      [above],
    );
    if (row === undefined) throw new Error('the counter of epochs gave no answer');
    return row.epoch;
  }

  #told(event: PublisherEvent): void {
    const { kind, ...fields } = event;
    if (kind === 'TookOver') this.#deps.logger.info('took the users over', fields);
    else if (kind !== 'SnapshotStored') this.#deps.logger.warn('publisher', { event: kind, ...fields });
    if (kind === 'Deposed') this.#deposed.resolve();
  }

  #fail(reason: string): void {
    this.#failures += 1;
    if (!this.#closing.signal.aborted) this.#deps.logger.warn('publishing users failed', { reason });
  }

  async #endPublisher(): Promise<void> {
    await this.#publisher?.close();
    this.#publisher = null;
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#closing.signal }).catch(() => {});
  }
}
