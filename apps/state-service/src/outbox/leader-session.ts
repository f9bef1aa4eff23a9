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
}

/** Where writers say that there is something in the outbox. */
export const outboxChannel = 'sluice_outbox';

const leaderLockKey = 7_241_865_005;
const statementTimeoutMs = 5_000;
const silenceLimit = '10s';
const pingEveryMs = 2_000;

export class LeaderSession {
  readonly #client: Client;
  readonly #lost = Promise.withResolvers<string>();
  readonly #ping: NodeJS.Timeout;
  #isLost = false;
  #isLeader = false;

  private constructor(client: Client, onNotified: () => void) {
    this.#client = client;
    client.on('error', (error) => this.#lose(error.message));
    client.on('end', () => this.#lose('the connection was closed'));
    client.on('notification', onNotified);
    this.#ping = setInterval(() => void this.query('SELECT 1').catch(() => {}), pingEveryMs);
    this.#ping.unref();
  }

  /** Rejects when there is no connection within some seconds. */
  static async open({ connectionString, onNotified }: LeaderSessionOptions): Promise<LeaderSession> {
    const bounds = { connectTimeoutMs: statementTimeoutMs, statementTimeoutMs, lockTimeoutMs: statementTimeoutMs };
    const client = new Client({
      ...connectionSettings(connectionString, bounds),
      query_timeout: statementTimeoutMs,
    });
    client.on('error', () => {}); // also between here and the session's own listener
    await client.connect();
    const session = new LeaderSession(client, onNotified);
    try {
      await session.query(`SET idle_session_timeout = '${silenceLimit}'`);
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

  /** A statement that fails for want of an answer ends the session. */
  async query<Result extends object = Row>(text: string, values: readonly unknown[] = []): Promise<readonly Result[]> {
    try {
      return (await this.#client.query<Result & Record<string, unknown>>(text, [...values])).rows;
    } catch (error) {
      this.#lose(error instanceof Error ? error.message : String(error));
      throw error;
    }
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
