/**
 * A real PostgreSQL for the tests of one file, on a data directory of its own, with what can happen to one: killed with all
 * its processes, started again on the same data, stopped in the middle (SIGSTOP). Each test takes a database of its own.
 * `const postgres = await startPostgres({ after })` at the top of a file gives it one server that ends with it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@sluice/runtime/embedded-postgres/embedded-postgres.ts';
import { Client } from 'pg';
import type { CleanupScope } from './cleanup-scope.ts';
import { eventually } from './eventually.ts';

export interface PostgresOptions {
  /** Whether what was committed survives the end of the machine too (fsync); off by default, because it is slow. */
  readonly isDurable?: boolean;
  readonly settings?: Readonly<Record<string, string>>;
}

export interface TestDatabase {
  readonly name: string;
  readonly url: string;
}

const fastSettings = { fsync: 'off', full_page_writes: 'off', wal_level: 'minimal', max_wal_senders: '0' };
const smallSettings = {
  shared_buffers: '32MB',
  max_connections: '100',
  autovacuum_naptime: '5s',
  timezone: 'UTC',
  log_statement: 'none',
};

export class PostgresServer {
  readonly #start: () => Promise<EmbeddedPostgres>;
  #server: EmbeddedPostgres;
  #databases = 0;

  constructor(server: EmbeddedPostgres, start: () => Promise<EmbeddedPostgres>) {
    this.#server = server;
    this.#start = start;
  }

  /** Of a database that exists; the same after the server was started again. */
  url(database: string): string {
    return this.#server.url(database);
  }

  get pid(): number {
    return this.#server.pid;
  }

  /** A fresh, empty database, or a copy of `template` (nobody may be connected to it). It goes with the server. */
  async createDatabase(template?: string): Promise<TestDatabase> {
    const name = `test_${++this.#databases}`;
    await this.run(`CREATE DATABASE ${name}${template === undefined ? '' : ` TEMPLATE ${template}`}`);
    return { name, url: this.url(name) };
  }

  /** One statement on a connection of its own, as the superuser. */
  async run(statement: string, database = 'postgres'): Promise<readonly Record<string, unknown>[]> {
    const client = new Client({ connectionString: this.url(database) });
    client.on('error', () => {}); // the server may be killed under it
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(statement)).rows;
    } finally {
      await client.end();
    }
  }

  /** SIGKILL to the server and all its processes, as a crash of the machine would end them. */
  async kill(): Promise<void> {
    const pids = this.#processes();
    for (const pid of pids) sendSignal(pid, 'SIGKILL');
    await this.#server.exited;
    // The shared memory belongs to the data directory until the last of them is gone.
    await eventually(() => {
      const left = pids.filter(isAlive);
      if (left.length > 0) throw new Error(`still there: ${left.join(', ')}`);
    });
  }

  /** Fast shutdown. */
  async stop(): Promise<void> {
    await this.#server.stop();
  }

  /** After `kill` or `stop`, on the same data and under the same URLs. */
  async start(): Promise<void> {
    this.#server = await this.#start();
  }

  /** SIGSTOP: connections stay open, the kernel accepts new ones, nobody answers. */
  pause(): void {
    for (const pid of this.#processes()) sendSignal(pid, 'SIGSTOP');
  }

  resume(): void {
    for (const pid of this.#processes()) sendSignal(pid, 'SIGCONT');
  }

  async destroy(): Promise<void> {
    this.resume();
    await this.#server.stop();
  }

  #processes(): readonly number[] {
    return [this.pid, ...childrenOf(this.pid)];
  }
}

/** Resolves when the server accepts connections. */
export async function startPostgres(scope: CleanupScope, options: PostgresOptions = {}): Promise<PostgresServer> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-test-'));
  await chmod(directory, 0o711); // the server's account has to pass through
  const dataDirectory = join(directory, 'data');
  const durability = options.isDurable === true ? {} : fastSettings;
  const settings = { ...smallSettings, ...durability, ...options.settings };
  const socketDirectory = join(directory, 'socket');
  const start = (): Promise<EmbeddedPostgres> => startEmbeddedPostgres({ dataDirectory, socketDirectory, settings });
  const server = new PostgresServer(await start(), start);
  scope.after(async () => {
    await server.destroy();
    await rm(directory, { recursive: true, force: true });
  });
  return server;
}

function childrenOf(pid: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .map(Number)
    .filter((candidate) => parentOf(candidate) === pid);
}

function parentOf(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return -1; // it ended meanwhile
  }
}

function isAlive(pid: number): boolean {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.charAt(text.lastIndexOf(')') + 2) !== 'Z';
  } catch {
    return false;
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it ended by itself
  }
}
