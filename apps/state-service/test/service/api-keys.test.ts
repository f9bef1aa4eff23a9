import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import { PrometheusText } from '@sluice/testkit/prometheus-text.ts';
import { openService } from './open-service.ts';

const postgres = await startPostgres({ after });
const { client, log, service } = await openService({ after }, postgres);

async function createKey(scopes: readonly string[], client_ = `client-${scopes.join('-').replaceAll(':', '.')}`) {
  const created = await client.post('/v1/api-keys', { client: client_, scopes });
  return {
    id: created.body.id,
    key: created.body.key,
    etag: created.headers.get('etag') ?? '',
    as: client.withKey(created.body.key),
  };
}

test('without a key, with a malformed one and with one that nobody made the answer is 401 with a challenge', async () => {
  const { key } = await createKey(['read'], 'forgery');
  const otherSecret = `${key.slice(0, 22)}${key.slice(22, 64).split('').toReversed().join('')}${key.slice(64)}`;
  for (const given of [null, '', 'nonsense', key.slice(0, -1), `${key}x`, otherSecret, `${key} ${key}`]) {
    const refused = await client.expect(401, 'GET', '/v1/users', { key: given });
    assert.equal(refused.body.type, 'urn:sluice:problem:unauthenticated');
    assert.match(refused.headers.get('www-authenticate') ?? '', /^Bearer realm="sluice-state"/);
  }
  const basic = { authorization: `Basic ${Buffer.from(`a:${key}`).toString('base64')}` };
  await client.expect(401, 'GET', '/v1/users', { key: null, headers: basic });
});

test('a key in the query or in another header is not one', async () => {
  const { key } = await createKey(['read'], 'elsewhere');
  await client.expect(401, 'GET', `/v1/users?api_key=${key}`, { key: null });
  await client.expect(401, 'GET', '/v1/users', { key: null, headers: { 'x-api-key': key } });
});

test('each scope opens its routes and no other', async () => {
  const requests: readonly (readonly [string, string, unknown?])[] = [
    ['GET', '/v1/users'],
    ['POST', '/v1/users', {}],
    ['GET', '/v1/users/x/credentials'],
    ['POST', '/v1/users/x/credentials', {}],
    ['GET', '/v1/groups'],
    ['POST', '/v1/groups', {}],
    ['GET', '/v1/acl-rules'],
    ['POST', '/v1/acl-rules', {}],
    ['GET', '/v1/quotas/users/x'],
    ['PUT', '/v1/quotas/users/x', {}],
    ['GET', '/v1/api-keys'],
    ['POST', '/v1/api-keys', {}],
    ['GET', '/v1/audit'],
    ['GET', '/v1/export'],
  ];
  const allowed: readonly (readonly [readonly string[], readonly number[]])[] = [
    [['read'], [0, 2, 4, 6, 8, 13]],
    [['write'], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 13]],
    [['admin'], requests.map((_, index) => index)],
    [['users:read'], [0]],
    [['users:write'], [0, 1]],
    [['credentials:read'], [2]],
    [
      ['groups:write', 'acl:read'],
      [4, 5, 6],
    ],
    [['quotas:write'], [8, 9]],
    [['keys:read'], [10]],
    [['audit:read'], [12]],
    [
      ['users:read', 'groups:read', 'acl:read'],
      [0, 4, 6, 13],
    ],
  ];
  for (const [scopes, indices] of allowed) {
    const { as } = await createKey(scopes);
    for (const [index, [method, path, body]] of requests.entries()) {
      const { status } = await as.ask(method, path, body === undefined ? {} : { body });
      assert.equal(
        status !== 403,
        indices.includes(index),
        `${scopes.join(' ')}: ${method} ${path} answered ${status}`,
      );
    }
  }
});

test('a key gives away no more than it has, and revokes no key that may do more', async () => {
  const { as } = await createKey(['keys:write', 'users:read'], 'delegate');
  await as.post('/v1/api-keys', { client: 'sub', scopes: ['users:read'] });
  for (const scope of ['admin', 'write', 'users:write', 'audit:read']) {
    await as.expect(403, 'POST', '/v1/api-keys', { body: { client: 'sub', scopes: [scope] } });
  }
  const admin = await createKey(['admin'], 'another-admin');
  await as.expect(403, 'DELETE', `/v1/api-keys/${admin.id}`, { headers: { 'if-match': '*' } });
  await as.expect(403, 'POST', `/v1/api-keys/${admin.id}/successor`, { body: {} });
});

test('a client changes over to a successor, and the revoked key is refused at once', async () => {
  const first = await createKey(['users:read'], 'rotating');
  const created = await client.post(`/v1/api-keys/${first.id}/successor`, {});
  assert.equal(created.body.client, 'rotating');
  assert.deepEqual(created.body.scopes, ['users:read']);
  const second = client.withKey(created.body.key);
  await first.as.expect(200, 'GET', '/v1/users');
  await second.expect(200, 'GET', '/v1/users');
  await client.expect(409, 'POST', `/v1/api-keys/${first.id}/successor`, { body: {} });
  await client.expect(428, 'DELETE', `/v1/api-keys/${first.id}`);
  await client.expect(204, 'DELETE', `/v1/api-keys/${first.id}`, { headers: { 'if-match': first.etag } });
  await first.as.expect(401, 'GET', '/v1/users');
  await second.expect(200, 'GET', '/v1/users');
  await client.expect(409, 'POST', `/v1/api-keys/${first.id}/successor`, { body: {} });
  const revoked = await client.expect(200, 'GET', `/v1/api-keys/${first.id}`);
  assert.notEqual(revoked.body.revokedAt, undefined);
  await client.expect(404, 'GET', '/v1/api-keys/nobody');
  await client.expect(404, 'POST', '/v1/api-keys/nobody/successor', { body: {} });
  await client.expect(404, 'DELETE', '/v1/api-keys/nobody', { headers: { 'if-match': '*' } });
});

test('a key that has expired is refused', async () => {
  const created = await client.post('/v1/api-keys', {
    client: 'late',
    scopes: ['read'],
    expiresAt: '2020-01-01T00:00:00Z',
  });
  await client.withKey(created.body.key).expect(401, 'GET', '/v1/users');
});

test('a key is shown once, and listed without its secret', async () => {
  const { id, key, etag } = await createKey(['read'], 'shown');
  const list = await client.expect(200, 'GET', '/v1/api-keys?client=shown&liveOnly=true');
  assert.deepEqual(
    list.body.items.map((item) => item.id),
    [id],
  );
  const read = await client.expect(200, 'GET', `/v1/api-keys/${id}`);
  for (const { text } of [list, read]) assert.ok(!text.includes(key.slice(21, 64)) && !text.includes(key));
  await client.expect(304, 'GET', `/v1/api-keys/${id}`, { headers: { 'if-none-match': etag } });
});

test('the first answer to a creation is repeated with its key, and stored nowhere in clear', async () => {
  const headers = { 'idempotency-key': 'one-and-only' };
  const body = { client: 'repeated', scopes: ['read'] };
  const first = await client.post('/v1/api-keys', body, headers);
  const second = await client.post('/v1/api-keys', body, headers);
  assert.equal(second.text, first.text);
  assert.equal(second.headers.get('idempotency-replayed'), 'true');
  const rows = JSON.stringify(await postgres.run('SELECT * FROM idempotency_keys', 'test_1'));
  assert.ok(
    rows.length > 2 && !rows.includes(first.body.key) && !rows.includes(Buffer.from(first.body.key).toString('hex')),
  );
});

test('every refusal is in the log and in the metrics, by reason and id and without the key', async () => {
  const { id, key } = await createKey(['users:read'], 'refused');
  await client.withKey(key).expect(403, 'GET', '/v1/groups');
  await client.expect(204, 'DELETE', `/v1/api-keys/${id}`, { headers: { 'if-match': '*' } });
  await client.withKey(key).expect(401, 'GET', '/v1/users');
  const lines = log.lines.filter((line) => line.includes('"api key refused"') && line.includes(id));
  assert.deepEqual(
    lines.map((line) => /"reason":"(\w+)"/.exec(line)?.[1]),
    ['NotAllowed', 'Revoked'],
  );
  const metrics = new PrometheusText(await (await fetch(`${service.url}/metrics`)).text());
  for (const reason of ['Missing', 'Malformed', 'WrongChecksum', 'Revoked', 'Expired', 'NotAllowed']) {
    assert.ok(metrics.sum('sluice_state_auth_refusals_total', { reason }) > 0, reason);
  }
});

test('the last use of a key is seen some seconds later', async () => {
  const { id, as } = await createKey(['users:read'], 'used');
  await as.expect(200, 'GET', '/v1/users');
  await eventually(
    async () => assert.notEqual((await client.expect(200, 'GET', `/v1/api-keys/${id}`)).body.lastUsedAt, undefined),
    { timeoutMs: 20_000, intervalMs: 250 },
  );
});
