import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import { openService } from './open-service.ts';

const postgres = await startPostgres({ after });
const first = await openService({ after }, postgres);
const { client } = first;
const second = await openService({ after }, postgres, {
  connectionString: first.connectionString,
  key: client.key,
});

test('of many requests with the same key, to two instances, one creates and the others wait or repeat its answer', async () => {
  for (const round of [1, 2, 3, 4]) {
    const headers = { 'idempotency-key': `race-${round}` };
    const body = { name: `raced-${round}` };
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        (index % 2 === 0 ? client : second.client).ask('POST', '/v1/users', { body, headers }),
      ),
    );
    assert.deepEqual(
      [...new Set(answers.map(({ status }) => status))].filter((status) => ![201, 409].includes(status)),
      [],
    );
    const created = answers.filter(({ status }) => status === 201);
    assert.equal(created.filter(({ headers: sent }) => sent.get('idempotency-replayed') === null).length, 1);
    assert.equal(new Set(created.map(({ text }) => text)).size, 1);
    for (const { status, body: problem, headers: sent } of answers.filter((answer) => answer.status === 409)) {
      assert.equal(problem.type, 'urn:sluice:problem:idempotency-in-flight', String(status));
      assert.notEqual(sent.get('retry-after'), null);
    }
    const later = await second.client.post('/v1/users', body, headers);
    assert.equal(later.text, created[0]?.text);
    assert.equal(later.headers.get('etag'), created[0]?.headers.get('etag'));
    assert.equal(later.headers.get('location'), `/v1/users/raced-${round}`);
  }
});

test('a key that comes with another body or path is refused', async () => {
  const headers = { 'idempotency-key': 'reused' };
  await client.post('/v1/users', { name: 'reused' }, headers);
  await client.expect(422, 'POST', '/v1/users', { body: { name: 'other' }, headers });
  await client.expect(422, 'POST', '/v1/groups', { body: { name: 'reused' }, headers });
});

test('the key of one client is not the key of another', async () => {
  const key = await client.post('/v1/api-keys', { client: 'other', scopes: ['write'] });
  const headers = { 'idempotency-key': 'shared' };
  await client.post('/v1/users', { name: 'of-one' }, headers);
  await client.withKey(key.body.key).post('/v1/users', { name: 'of-other' }, headers);
});

test('a request that was refused leaves its key free', async () => {
  const headers = { 'idempotency-key': 'second-try' };
  await client.post('/v1/users', { name: 'occupied' });
  await client.expect(409, 'POST', '/v1/users', { body: { name: 'occupied' }, headers });
  await client.expect(400, 'POST', '/v1/users', { body: { name: '' }, headers });
  await client.post('/v1/users', { name: 'free' }, headers);
});

test('every creation may be repeated', async () => {
  await client.post('/v1/users', { name: 'repeats' });
  const creations: readonly (readonly [string, unknown])[] = [
    ['/v1/groups', { name: 'repeats' }],
    ['/v1/acl-rules', { user: 'repeats', ports: [443] }],
    ['/v1/users/repeats/credentials', { password: 'the same' }],
    ['/v1/api-keys', { client: 'repeats', scopes: ['read'] }],
  ];
  for (const [path, body] of creations) {
    const headers = { 'idempotency-key': `again ${path}`.replaceAll(' ', '-') };
    const one = await client.post(path, body, headers);
    const two = await client.post(path, body, headers);
    assert.equal(two.text, one.text, path);
  }
  const credentials = await client.expect(200, 'GET', '/v1/users/repeats/credentials');
  assert.equal(credentials.body.items.length, 1);
});

test('a key that is no visible ASCII, or too long, is refused', async () => {
  for (const key of ['has space', 'x'.repeat(256)]) {
    const headers = { 'idempotency-key': key };
    await client.expect(400, 'POST', '/v1/users', { body: { name: 'unmade' }, headers });
  }
  await client.expect(404, 'GET', '/v1/users/unmade');
});

test('a password is kept neither in clear nor as a plain hash for comparing requests', async () => {
  await client.post('/v1/users', { name: 'hashed' });
  const password = 'hunter2hunter2';
  await client.post('/v1/users/hashed/credentials', { password }, { 'idempotency-key': 'with-password' });
  const rows = JSON.stringify(await postgres.run('SELECT * FROM idempotency_keys', 'test_1'));
  assert.ok(rows.length > 2 && !rows.includes(password));
});
