import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import { Database } from '../../src/database/database.ts';
import { type DatabaseConfig, defaultDatabaseConfig } from '../../src/database/database-config.ts';
import {
  CommitUnknownError,
  DatabaseUnavailableError,
  type UnavailableReason,
} from '../../src/database/database-error.ts';
import { checkReadiness } from '../../src/database/readiness.ts';
import { startDyingPostgres } from './dying-postgres.ts';

const postgres = await startPostgres({ after });
let url = '';
let name = '';
beforeEach(async () => {
  ({ url, name } = await postgres.createDatabase());
  await postgres.run(
    'CREATE TABLE counters (id int PRIMARY KEY, value int NOT NULL); INSERT INTO counters VALUES (1, 0), (2, 0)',
    name,
  );
});

interface Scope {
  after(close: () => Promise<void>): void;
}

function open(t: Scope, config: Partial<DatabaseConfig> = {}): Database {
  const whole = { ...defaultDatabaseConfig, connectionString: url, ...config };
  const database = new Database(whole, { nowMs: () => performance.now() });
  t.after(() => database.close());
  return database;
}

/** The promise is two seconds; what a busy machine adds is not the database's. */
const promptMs = 2_000 + 4_000;

/** The rejection, which came in time. */
async function refusal(operation: Promise<unknown>): Promise<UnavailableReason> {
  const begun = performance.now();
  const error: unknown = await operation.then(
    () => assert.fail('it should have been refused'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof DatabaseUnavailableError, String(error));
  assert.ok(performance.now() - begun < promptMs, `took ${performance.now() - begun} ms`);
  return error.reason;
}

const increment = (database: Database, id = 1): Promise<void> =>
  database.write(async (session) => {
    await session.query('UPDATE counters SET value = value + 1 WHERE id = $1', [id]);
  });

const valueOf = async (database: Database, id = 1): Promise<unknown> =>
  await database.read(
    async (session) => (await session.query('SELECT value FROM counters WHERE id = $1', [id]))[0]?.['value'],
  );

test('undoes a transaction whose work rejects', async (t) => {
  const database = open(t);
  await assert.rejects(
    database.write(async (session) => {
      await session.query('UPDATE counters SET value = 7');
      throw new Error('changed my mind');
    }),
    /changed my mind/,
  );
  assert.equal(await valueOf(database), 0);
});

test('does not let a read write', async (t) => {
  const database = open(t);
  assert.equal(await refusal(database.read((session) => session.query('UPDATE counters SET value = 1'))), 'ReadOnly');
});

test('gives big integers and times as the API writes them', async (t) => {
  const database = open(t);
  const rows = await database.read((session) =>
    session.query(`SELECT 9007199254740991::bigint AS big, timestamptz '2026-11-27 05:00:00.5+02' AS at`),
  );
  assert.deepEqual(rows, [{ big: 9007199254740991, at: '2026-11-27T03:00:00.500Z' }]);
  await assert.rejects(
    database.read((session) => session.query('SELECT 9007199254740992::bigint')),
    /beyond 2\^53/,
  );
  assert.equal(await valueOf(database), 0);
});

test('has bounds on statements, locks and idle transactions on every connection', async (t) => {
  const database = open(t);
  const [row] = await database.read((session) =>
    session.query(
      `SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
              current_setting('idle_in_transaction_session_timeout') AS idle`,
    ),
  );
  assert.deepEqual(row, { statement: '1800ms', lock: '1440ms', idle: '6800ms' });
});

test('runs a transaction again that the server undid for a deadlock', async (t) => {
  // The server takes a second to notice a deadlock, and a busy machine takes its time as well.
  const database = open(t, { operationTimeoutMs: 20_000 });
  let arrived = 0;
  const both = Promise.withResolvers<void>();
  const transfer = (from: number, to: number): Promise<void> =>
    database.write(async (session) => {
      await session.query('UPDATE counters SET value = value - 1 WHERE id = $1', [from]);
      arrived += 1;
      if (arrived === 2) both.resolve();
      await both.promise;
      await session.query('UPDATE counters SET value = value + 1 WHERE id = $1', [to]);
    });
  await Promise.all([transfer(1, 2), transfer(2, 1)]);
  assert.deepEqual([await valueOf(database, 1), await valueOf(database, 2)], [0, 0]);
  assert.ok(database.stats.repeated >= 1);
});

test('gives up on a lock that another holds', async (t) => {
  const database = open(t);
  const holding = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const holder = open(t, { operationTimeoutMs: 20_000 }).write(async (session) => {
    await session.query('UPDATE counters SET value = value + 1 WHERE id = 1');
    holding.resolve();
    await release.promise;
  });
  await holding.promise;
  assert.equal(await refusal(increment(database)), 'Overloaded');
  release.resolve();
  await holder;
  await increment(database);
  assert.equal(await valueOf(database), 2);
});

test('refuses what finds no connection: at once when the line is full, else in time', async (t) => {
  const database = open(t, { maxConnections: 1, maxWaiting: 1, acquireTimeoutMs: 300, operationTimeoutMs: 10_000 });
  const holding = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const holder = database.read(async () => {
    holding.resolve();
    await release.promise;
  });
  await holding.promise;
  const waiting = refusal(increment(database));
  assert.equal(await refusal(increment(database)), 'PoolExhausted');
  assert.equal(await waiting, 'PoolExhausted');
  assert.equal(database.stats.unavailable.PoolExhausted, 2);
  release.resolve();
  await holder;
  await increment(database);
});

test('answers in time while the server hangs, and works again when it goes on', async (t) => {
  const database = open(t, { maxConnections: 2 });
  await increment(database);
  postgres.pause();
  t.after(() => Promise.resolve(postgres.resume()));
  const reasons = await Promise.all(Array.from({ length: 8 }, () => refusal(increment(database))));
  assert.ok(reasons.includes('Hung'), reasons.join());
  assert.equal(await refusal(increment(database)), 'Hung');
  postgres.resume();
  await eventually(() => increment(database));
  const value = Number(await valueOf(database));
  assert.ok(value >= 2, `value ${value}`);
});

test('says that a commit is unknown when the server hangs in it', async (t) => {
  const database = open(t);
  const commit = database.write(async (session) => {
    await session.query('UPDATE counters SET value = 5 WHERE id = 1');
    postgres.pause();
  });
  t.after(() => Promise.resolve(postgres.resume()));
  await assert.rejects(commit, CommitUnknownError);
  assert.equal(database.stats.commitsUnknown, 1);
});

test('answers while the server is gone, and works again when it is back', async (t) => {
  const database = open(t);
  await increment(database);
  await postgres.kill();
  assert.equal(await refusal(increment(database)), 'Unreachable');
  assert.deepEqual(await checkReadiness(database), { kind: 'Unavailable', reason: 'Unreachable' });
  await postgres.start();
  const again = open(t, { connectionString: postgres.url(name) });
  await increment(again);
  assert.equal(await valueOf(again), 2);
});

test('survives a connection that ends in the moment it is made', async (t) => {
  const database = open(t, { connectionString: await startDyingPostgres(t) });
  for (let attempt = 0; attempt < 3; attempt++) {
    assert.equal(await refusal(database.read((session) => session.query('SELECT 1'))), 'Unreachable');
    assert.equal(await refusal(increment(database)), 'Unreachable');
    assert.equal(await refusal(database.run('SELECT 1')), 'Unreachable');
  }
  assert.equal(database.stats.open, 0);
});

test('tells a database that accepts no changes', async (t) => {
  await postgres.run(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
  const database = open(t, { connectionString: postgres.url(name) });
  assert.equal(await refusal(increment(database)), 'ReadOnly');
  assert.equal(await valueOf(database), 0);
  assert.deepEqual(await checkReadiness(database), { kind: 'Unavailable', reason: 'ReadOnly' });
});
