import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, test } from 'node:test';
import { Client } from 'pg';
import { startPostgres } from '../src/postgres-server.ts';
import { within } from '../src/within.ts';

const server = await startPostgres({ after });

test('gives each test a database of its own', async () => {
  const [first, second] = await Promise.all([server.createDatabase(), server.createDatabase()]);
  await server.run('CREATE TABLE only_here (id int)', first.name);
  await assert.rejects(server.run('SELECT * FROM only_here', second.name), /does not exist/);
});

test('copies a template database', async () => {
  const template = await server.createDatabase();
  await server.run('CREATE TABLE copied (id int)', template.name);
  const copy = await server.createDatabase(template.name);
  assert.deepEqual(await server.run('SELECT * FROM copied', copy.name), []);
});

test('keeps what was committed when it is killed and started again', async () => {
  const { name } = await server.createDatabase();
  await server.run('CREATE TABLE kept AS SELECT 42 AS answer', name);
  const { pid } = server;
  await server.kill();
  assert.equal(existsSync(`/proc/${pid}`), false);
  await server.start();
  assert.notEqual(server.pid, pid);
  assert.deepEqual(await server.run('SELECT answer FROM kept', name), [{ answer: 42 }]);
});

test('answers nobody while it is paused, and goes on afterwards', async (t) => {
  const client = new Client({ connectionString: server.url('postgres') });
  client.on('error', () => {});
  await client.connect();
  t.after(() => client.end());
  server.pause();
  const answer = client.query('SELECT 1');
  await assert.rejects(within(200, 'an answer', answer), /not within/);
  server.resume();
  assert.equal((await answer).rowCount, 1);
});

test('has no TCP port', async () => {
  assert.deepEqual(await server.run('SHOW listen_addresses'), [{ listen_addresses: '' }]);
});
