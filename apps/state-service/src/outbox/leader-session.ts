/**
 * A connection of its own to Postgres that holds, or waits for, the right to publish: an advisory lock that goes with the connection.
 * A process that is stopped (SIGSTOP) keeps its connection open for ever, so the server is told to end one that says nothing
 * for ten seconds; what such a process still writes when it wakes up is fenced by its epoch.
 */
import { Client } from 'pg';
import { connectionSettings } from '../database/connection-settings.ts';
import type { Row } from '../database/session.ts';

export interface LeaderSessionOptions {
  readonly connectionString: string;
  /** Something is new in the outbox. */
  readonly onNotified: () => void;
  /** The server ends a session that says nothing for this long; 10 s unless given. */
  readonly silenceLimitMs?: number;
}

/** Where writers say that there is something in the outbox. */
export const outboxChannel = 'sluice_outbox';

const leaderLockKey = 7_241_865_005;
const statementTimeoutMs = 5_000;
const defaultSilenceLimitMs = 10_000;
/** Of the limit: one ping may be late. */
const pingsWithinLimit = 5;

export class LeaderSession {
  readonly #client: Client;
  readonly #lost = Promise.withResolvers<string>();
  readonly #ping: NodeJS.Timeout;
  /** Statements go one after the other, as the driver wants it. */
  #last: Promise<unknown> = Promise.resolve();
  #isLost = false;
  #isLeader = false;

  private constructor(client: Client, silenceLimitMs: number, onNotified: () => void) {
    this.#client = client;
    client.on('error', (error) => this.#lose(error.message));
    client.on('end', () => this.#lose('the connection was closed'));
    client.on('notification', onNotified);
    const ping = (): void => void this.query('SELECT 1').catch(() => {}); // it is lost then
    this.#ping = setInterval(ping, silenceLimitMs / pingsWithinLimit);
    this.#ping.unref();
  }

  /** Rejects when there is no connection within some seconds. */
  static async open(options: LeaderSessionOptions): Promise<LeaderSession> {
    const { connectionString, onNotified, silenceLimitMs = defaultSilenceLimitMs } = options;
    const bounds = { connectTimeoutMs: statementTimeoutMs, statementTimeoutMs, lockTimeoutMs: statementTimeoutMs };
    const client = new Client({
      ...connectionSettings(connectionString, bounds),
      query_timeout: statementTimeoutMs,
    });
    client.on('error', () => {}); // also between here and the session's own listener
    await client.connect();
    const session = new LeaderSession(client, silenceLimitMs, onNotified);
    try {
      await session.query(`SET idle_session_timeout = ${silenceLimitMs}`);
      await session.query(`LISTEN ${outboxChannel}`);
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  /** Resolves with the reason when the connection, and with it the right to publish, is gone. */
  get lost(): Promise<string> {
    return this.#lost.promise;
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  get isLeader(): boolean {
    return this.#isLeader && !this.#isLost;
  }

  /** Whether this session is the one, from now until it is lost. */
  async tryLead(): Promise<boolean> {
    if (this.isLeader) return true;
    const [row] = await this.query<{ led: boolean }>('SELECT pg_try_advisory_lock($1) AS led', [leaderLockKey]);
    this.#isLeader = row?.led === true;
    return this.isLeader;
  }

  /** A statement that fails ends the session. */
  async query<Result extends object = Row>(text: string, values: readonly unknown[] = []): Promise<readonly Result[]> {
    const answer = this.#last.then(() => this.#client.query<Result & Record<string, unknown>>(text, [...values]));
    this.#last = answer.catch((error: unknown) => this.#lose(error instanceof Error ? error.message : String(error)));
    return (await answer).rows;
  }

  /** Lets go of the right to publish. */
  close(): void {
    this.#lose('closed');
  }

  #lose(reason: string): void {
    if (this.#isLost) return;
    this.#isLost = true;
    clearInterval(this.#ping);
    // Not end(): a server that hangs would not answer it.
    const { connection } = this.#client as unknown as { readonly connection: { readonly stream: { destroy(): void } } };
    connection.stream.destroy();
    this.#lost.resolve(reason);
  }
}
