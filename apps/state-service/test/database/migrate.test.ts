import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import { Database } from '../../src/database/database.ts';
import { defaultDatabaseConfig } from '../../src/database/database-config.ts';
import { DatabaseTooNewError } from '../../src/database/database-too-new-error.ts';
import { knownMigrations, migrateDown, migrateTo, migrateUp, migrationsTable } from '../../src/database/migrate.ts';
import { checkReadiness } from '../../src/database/readiness.ts';
import { keepLog } from './quiet-logger.ts';

const postgres = await startPostgres({ after });
const { logger } = keepLog();
const all = knownMigrations.length;

/** Tables, columns with types and defaults, constraints, indexes, functions, triggers: what a schema is, as text. */
const schemaQuery = `
  SELECT 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '') AS line
    FROM information_schema.columns WHERE table_schema = 'public'
  UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
  UNION ALL SELECT 'function ' || proname || ' ' || prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
  UNION ALL SELECT 'trigger ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT 'sequence ' || sequencename FROM pg_sequences WHERE schemaname = 'public'
  ORDER BY 1`;

async function schemaOf(database: string): Promise<readonly string[]> {
  const rows = await postgres.run(schemaQuery, database);
  return rows.map(({ line }) => String(line));
}

async function open(connectionString: string): Promise<Database> {
  return new Database({ ...defaultDatabaseConfig, connectionString }, { nowMs: () => performance.now() });
}

test('goes forward from every earlier version to the same schema', async () => {
  const fresh = await postgres.createDatabase();
  assert.deepEqual(await migrateUp(fresh.url, { logger }), knownMigrations);
  const whole = await schemaOf(fresh.name);
  assert.ok(whole.length > 100);
  for (let version = 0; version < all; version++) {
    const { name, url } = await postgres.createDatabase();
    await migrateTo(url, version, { logger });
    assert.deepEqual(await migrateUp(url, { logger }), knownMigrations.slice(version));
    assert.deepEqual(await schemaOf(name), whole, `from version ${version}`);
  }
});

test('goes back to every earlier version, leaving nothing behind', async () => {
  const { name, url } = await postgres.createDatabase();
  const schemas: (readonly string[])[] = [];
  for (let version = 0; version < all; version++) {
    if (version > 0) await migrateTo(url, 1, { logger });
    schemas.push(version === 0 ? [] : await schemaOf(name));
  }
  await migrateTo(url, 1, { logger });
  for (let version = all - 1; version >= 0; version--) {
    assert.deepEqual(await migrateDown(url, 1, { logger }), [knownMigrations[version]]);
    const left = (await schemaOf(name)).filter((line) => version > 0 || !line.includes(migrationsTable));
    assert.deepEqual(left, schemas[version], `back to version ${version}`);
  }
  assert.deepEqual(await migrateUp(url, { logger }), knownMigrations);
});

test('is done once when several start together', async () => {
  const { url } = await postgres.createDatabase();
  const done = await Promise.all(Array.from({ length: 4 }, () => migrateUp(url, { logger })));
  assert.deepEqual(done.flat(), knownMigrations);
});

test('refuses a database that a newer version has migrated, and changes nothing there', async () => {
  const { name, url } = await postgres.createDatabase();
  await migrateUp(url, { logger });
  await postgres.run(
    `INSERT INTO ${migrationsTable} (name, run_on) VALUES ('1999999999999_from-the-future', now())`,
    name,
  );
  await assert.rejects(migrateUp(url, { logger }), (error: unknown) => {
    assert.ok(error instanceof DatabaseTooNewError);
    assert.match(error.message, /1999999999999_from-the-future.*newer version/s);
    return true;
  });
  await assert.rejects(migrateDown(url, 1, { logger }), DatabaseTooNewError);
  const database = await open(url);
  assert.deepEqual(await checkReadiness(database), { kind: 'TooNew', unknown: ['1999999999999_from-the-future'] });
  await database.close();
});

test('undoes everything when one migration fails', async () => {
  const { name, url } = await postgres.createDatabase();
  await migrateTo(url, 2, { logger });
  await postgres.run('CREATE TABLE audit_log (id int)', name);
  const before = await schemaOf(name);
  await assert.rejects(migrateUp(url, { logger }), /audit_log/);
  assert.deepEqual(await schemaOf(name), before);
});

test('tells a database that is not migrated from one that is', async () => {
  const { url } = await postgres.createDatabase();
  const database = await open(url);
  assert.deepEqual(await checkReadiness(database), { kind: 'NotMigrated', missing: knownMigrations });
  await migrateTo(url, all - 1, { logger });
  assert.deepEqual(await checkReadiness(database), { kind: 'NotMigrated', missing: knownMigrations.slice(-1) });
  await migrateUp(url, { logger });
  assert.deepEqual(await checkReadiness(database), { kind: 'Ready' });
  await database.close();
});
