/**
 * Brings the database to the state this version needs, forward at the start, back on demand. Invariant: one at a time (advisory
 * lock), each direction as one transaction, and never on a database that a newer version has migrated.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '@sluice/runtime/logger.ts';
import { runner } from 'node-pg-migrate';
import { Client } from 'pg';
import { connectionSettings } from './connection-settings.ts';
import { DatabaseTooNewError } from './database-too-new-error.ts';

export interface MigrationDeps {
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
}

export const migrationsTable = 'schema_migrations';
const directory = join(import.meta.dirname, '../../migrations');
/** A migration rewrites tables: it may take long, and must not wait for ever behind another. */
const bounds = { connectTimeoutMs: 10_000, statementTimeoutMs: 600_000, lockTimeoutMs: 60_000 };
/** Of this program alone, so that another program's migrations in the same database do not wait for ours. */
const lockKey = 7_241_865_003;

/** Names of the migrations of this version, in order. */
export const knownMigrations: readonly string[] = readdirSync(directory)
  .filter((name) => name.endsWith('.sql'))
  .map((name) => name.slice(0, -'.sql'.length))
  .toSorted();

/** Applies what is missing; answers what was applied. Rejects with DatabaseTooNewError. */
export async function migrateUp(connectionString: string, deps: MigrationDeps): Promise<readonly string[]> {
  return await migrate(connectionString, { direction: 'up', count: knownMigrations.length }, deps);
}

/** Takes the last `count` migrations back, with their data; answers which. */
export async function migrateDown(
  connectionString: string,
  count: number,
  deps: MigrationDeps,
): Promise<readonly string[]> {
  return await migrate(connectionString, { direction: 'down', count }, deps);
}

/** Applies the first `count` migrations only: what tests start from. */
export async function migrateTo(
  connectionString: string,
  count: number,
  deps: MigrationDeps,
): Promise<readonly string[]> {
  return await migrate(connectionString, { direction: 'up', count }, deps);
}

async function migrate(
  connectionString: string,
  step: { readonly direction: 'up' | 'down'; readonly count: number },
  { logger }: MigrationDeps,
): Promise<readonly string[]> {
  const client = new Client(connectionSettings(connectionString, bounds));
  let broken: unknown = null;
  client.on('error', (error) => {
    broken = error; // the statement under way rejects too
  });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [lockKey]);
    await refuseNewer(client);
    const done = await runner({
      ...step,
      dbClient: client,
      dir: directory,
      migrationsTable,
      noLock: true,
      singleTransaction: true,
      checkOrder: true,
      logger: {
        info: () => {},
        warn: (message) => logger.warn('migration', { message }),
        error: (message) => logger.error('migration', { message }),
      },
    });
    const names = done.map(({ name }) => name);
    if (names.length > 0) logger.info('migrated', { direction: step.direction, migrations: names });
    return names;
  } finally {
    // The lock goes with the connection.
    if (broken === null) await client.end();
  }
}

async function refuseNewer(client: Client): Promise<void> {
  const exists = await client.query<{ present: boolean }>('SELECT to_regclass($1) IS NOT NULL AS present', [
    migrationsTable,
  ]);
  if (exists.rows[0]?.present !== true) return;
  const applied = await client.query<{ name: string }>(`SELECT name FROM ${migrationsTable} ORDER BY id`);
  const unknown = applied.rows.map(({ name }) => name).filter((name) => !knownMigrations.includes(name));
  if (unknown.length > 0) throw new DatabaseTooNewError(unknown);
}
