import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { Secret } from '@sluice/runtime/secret.ts';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import { Client } from 'pg';
import { Pepper } from '../../src/api-keys/pepper.ts';
import { startStateService } from '../../src/process/state-service.ts';
import { keepLog } from '../database/quiet-logger.ts';
import { type AskOptions, type Answer } from './api-client.ts';
import { holdTable } from './hold-table.ts';
import { type OpenService, openService } from './open-service.ts';

const postgres = await startPostgres({ after });

/** The promise is two seconds; what a busy machine adds is not the service's. */
const promptMs = 2_000 + 4_000;

async function expectUnavailable(
  { client }: OpenService,
  method: string,
  path: string,
  options: AskOptions = {},
): Promise<Answer> {
  const begun = performance.now();
  const answer = await client.expect(503, method, path, options);
  assert.ok(performance.now() - begun < promptMs, `answered after ${performance.now() - begun} ms`);
  assert.ok(Number(answer.headers.get('retry-after')) > 0);
  return answer;
}

async function readinessOf({ service }: OpenService): Promise<string> {
  const response = await fetch(`${service.url}/readyz`);
  const { status, reason = '' } = (await response.json()) as { status: string; reason?: string };
  assert.equal(response.status, status === 'Ready' ? 200 : 503);
  return `${status} ${reason}`.trim();
}

test('while the database hangs, reads and writes are 503 within two seconds, and all goes on when it comes back', async (t) => {
  const opened = await openService(t, postgres);
  await opened.client.post('/v1/users', { name: 'before' });
  postgres.pause();
  try {
    const refused = await Promise.all([
      expectUnavailable(opened, 'GET', '/v1/users'),
      expectUnavailable(opened, 'POST', '/v1/users', {
        body: { name: 'during' },
        headers: { 'idempotency-key': 'during' },
      }),
      expectUnavailable(opened, 'GET', '/v1/export'),
    ]);
    for (const { body } of refused) assert.equal(body.type, 'urn:sluice:problem:database-unavailable');
    assert.match(await readinessOf(opened), /^NotReady Database/);
    assert.equal((await fetch(`${opened.service.url}/healthz`)).status, 200);
  } finally {
    postgres.resume();
  }
  await eventually(() => opened.client.expect(200, 'GET', '/v1/users/before'), { timeoutMs: 15_000 });
  await opened.client.post('/v1/users', { name: 'during' }, { 'idempotency-key': 'during' });
  assert.equal(await readinessOf(opened), 'Ready');
});

test('a database that takes no changes is read from, and changes are 503', async (t) => {
  const { name, url } = await postgres.createDatabase();
  const opened = await openService(t, postgres, { connectionString: url });
  const { client } = opened;
  await client.post('/v1/users', { name: 'kept' });
  await postgres.run(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
  await postgres.run(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
  await eventually(() => client.expect(200, 'GET', '/v1/users/kept'), { timeoutMs: 10_000 });
  await expectUnavailable(opened, 'PATCH', '/v1/users/kept', {
    body: { enabled: false },
    headers: { 'if-match': '*' },
  });
  assert.equal(await readinessOf(opened), 'NotReady DatabaseReadOnly');
  await postgres.run(`ALTER DATABASE ${name} RESET default_transaction_read_only`);
  await postgres.run(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
  await eventually(
    () => client.expect(200, 'PATCH', '/v1/users/kept', { body: { enabled: false }, headers: { 'if-match': '*' } }),
    { timeoutMs: 10_000 },
  );
});

test('when all connections wait for a lock, a request is refused in time rather than queued', async (t) => {
  const opened = await openService(t, postgres);
  await opened.client.post('/v1/users', { name: 'locked' });
  const holder = new Client({ connectionString: opened.connectionString });
  await holder.connect();
  try {
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE users IN ACCESS EXCLUSIVE MODE');
    // One after the other on ten connections they would take eleven seconds.
    const many = Array.from({ length: 60 }, () => expectUnavailable(opened, 'GET', '/v1/users/locked'));
    await Promise.all(many);
  } finally {
    await holder.end();
  }
  await eventually(() => opened.client.expect(200, 'GET', '/v1/users/locked'), { timeoutMs: 10_000 });
});

test('a service started before its database waits for it and says so', async (t) => {
  const database = await postgres.createDatabase();
  await postgres.run(`ALTER DATABASE ${database.name} ALLOW_CONNECTIONS false`);
  const log = keepLog();
  const opening = openService(t, postgres, { connectionString: database.url, log });
  await eventually(() => assert.ok(log.lines.some((line) => line.includes('"waiting for the database"'))));
  await postgres.run(`ALTER DATABASE ${database.name} ALLOW_CONNECTIONS true`);
  const opened = await opening;
  await opened.client.expect(200, 'GET', '/v1/users');
});

test('a database of a newer version is not touched', async (t) => {
  const { name, url: connectionString } = await postgres.createDatabase();
  const { client } = await openService(t, postgres, { connectionString });
  await postgres.run(`INSERT INTO schema_migrations (name, run_on) VALUES ('9999_future', now())`, name);
  await assert.rejects(openService(t, postgres, { connectionString, key: client.key }), {
    name: 'DatabaseTooNewError',
  });
});

test('a service that is stopped while it prepares its database begins nothing after that', async (t) => {
  const { connectionString } = await openService(t, postgres);
  const held = await holdTable(t, connectionString, 'api_keys');
  const { logger, lines } = keepLog();
  const service = await startStateService(
    {
      connectionString: new Secret(connectionString),
      pepper: new Pepper(Buffer.alloc(32)),
      ...{ bootstrapKeyFile: null, listen: { host: '127.0.0.1', port: 0 }, adminListen: null, tls: null, ackKey: null },
    },
    { bus: null, logger, version: '0.0.0-test', nowMs: Date.now },
  );
  await held.untilWaiting(1);
  const stopped = service.stop(0);
  await held.release();
  await Promise.all([stopped, service.prepared]);
  assert.ok(!lines.some((line) => line.includes('users are not published by this process')));
});

// The last, because the addresses of databases are other ones after the server was started again.
test('a database that was killed is 503 at once, and the process stays', async (t) => {
  const opened = await openService(t, postgres);
  await postgres.kill();
  await expectUnavailable(opened, 'GET', '/v1/users');
  await expectUnavailable(opened, 'POST', '/v1/users', { body: { name: 'x' } });
  assert.match(await readinessOf(opened), /^NotReady Database/);
  await postgres.start();
});
