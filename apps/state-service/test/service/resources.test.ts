import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createScryptVerifier } from '@sluice/testkit/scrypt-verifier.ts';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import { openService } from './open-service.ts';

const postgres = await startPostgres({ after });
const { client } = await openService({ after }, postgres);
const bcrypt = '$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy';
const any = { 'if-match': '*' };

test('a group is created, changed, listed and deleted', async () => {
  const created = await client.post('/v1/groups', { name: 'ops', description: 'on call', quota: { connections: 5 } });
  assert.equal(created.headers.get('location'), '/v1/groups/ops');
  const etag = created.headers.get('etag') ?? '';
  await client.expect(304, 'GET', '/v1/groups/ops', { headers: { 'if-none-match': etag } });
  const patched = await client.expect(200, 'PATCH', '/v1/groups/ops', {
    body: { quota: null },
    headers: { 'if-match': etag },
  });
  assert.equal('quota' in patched.body, false);
  assert.equal(patched.body.description, 'on call');
  await client.expect(412, 'PUT', '/v1/groups/ops', { body: {}, headers: { 'if-match': etag } });
  const replaced = await client.expect(200, 'PUT', '/v1/groups/ops', { body: {}, headers: any });
  assert.equal('description' in replaced.body, false);
  const list = await client.expect(200, 'GET', '/v1/groups?namePrefix=op');
  assert.deepEqual(
    list.body.items.map(({ name }) => name),
    ['ops'],
  );
  await client.expect(204, 'DELETE', '/v1/groups/ops', { headers: any });
  await client.expect(404, 'GET', '/v1/groups/ops');
  await client.expect(404, 'PATCH', '/v1/groups/ops', { body: {}, headers: any });
  await client.expect(400, 'POST', '/v1/groups', { body: { name: '-bad-' } });
});

test('credentials come from a password or a verifier and never come out', async () => {
  await client.post('/v1/users', { name: 'carol' });
  const path = '/v1/users/carol/credentials';
  const verifiers = [bcrypt, createScryptVerifier('other password')];
  const created = [await client.post(path, { password: 'correct horse battery staple' })];
  for (const verifier of verifiers)
    created.push(await client.post(path, { verifier, notAfter: '2099-01-01T00:00:00Z' }));
  assert.deepEqual(
    created.map(({ body }) => body.kind),
    ['argon2id', 'bcrypt', 'scrypt'],
  );
  const list = await client.expect(200, 'GET', path);
  assert.deepEqual(
    list.body.items,
    created.map(({ body }) => body),
  );
  const one = await client.expect(200, 'GET', created[0]?.headers.get('location') ?? '');
  for (const secret of ['correct horse', ...verifiers]) {
    for (const { text } of [list, one, ...created]) assert.ok(!text.includes(secret));
  }
  const gone = created[1]?.headers.get('location') ?? '';
  await client.expect(428, 'DELETE', gone);
  await client.expect(412, 'DELETE', gone, { headers: { 'if-match': '"1"' } });
  await client.expect(204, 'DELETE', gone, { headers: { 'if-match': created[1]?.headers.get('etag') ?? '' } });
  await client.expect(404, 'GET', gone);
});

test('a password set anew replaces the list that the client has seen, and no other', async () => {
  await client.post('/v1/users', { name: 'dave' });
  const path = '/v1/users/dave/credentials';
  const seen = (await client.expect(200, 'GET', path)).headers.get('etag') ?? '';
  await client.post(path, { verifier: bcrypt });
  const body = { credentials: [{ password: 'new' }] };
  await client.expect(428, 'PUT', path, { body });
  const refused = await client.expect(412, 'PUT', path, { body, headers: { 'if-match': seen } });
  const headers = { 'if-match': refused.headers.get('etag') ?? '' };
  const replaced = await client.expect(200, 'PUT', path, { body, headers });
  assert.deepEqual(
    replaced.body.items.map(({ kind }) => kind),
    ['argon2id'],
  );
  assert.equal(replaced.headers.get('etag'), (await client.expect(200, 'GET', path)).headers.get('etag'));
  await client.expect(404, 'PUT', '/v1/users/nobody/credentials', { body, headers: any });
});

test('a credential that cannot be used is refused with the field', async () => {
  await client.post('/v1/users', { name: 'erin' });
  const cases: readonly (readonly [unknown, string])[] = [
    [{}, ''],
    [{ password: 'a', verifier: bcrypt }, ''],
    [{ verifier: 'plain text' }, '/verifier'],
    [{ verifier: `$2b$31$${bcrypt.slice(7)}` }, '/verifier'],
    [{ password: 'ü'.repeat(128) }, '/password'],
    [{ password: 'x', notAfter: 'tomorrow' }, '/notAfter'],
  ];
  for (const [body, pointer] of cases) {
    const refused = await client.expect(400, 'POST', '/v1/users/erin/credentials', { body });
    assert.equal(refused.body.errors?.[0]?.pointer, pointer, JSON.stringify(body));
  }
  await client.expect(404, 'POST', '/v1/users/nobody/credentials', { body: { password: 'x' } });
  await client.expect(404, 'GET', '/v1/users/nobody/credentials');
  for (let count = 0; count < 8; count += 1) await client.post('/v1/users/erin/credentials', { verifier: bcrypt });
  await client.expect(409, 'POST', '/v1/users/erin/credentials', { body: { verifier: bcrypt } });
});

test('a rule belongs to a user or a group and allows what its fields say', async () => {
  await client.post('/v1/groups', { name: 'rulers' });
  await client.post('/v1/users', { name: 'frank', destinations: 'Rules', groups: ['rulers'] });
  const own = await client.post('/v1/acl-rules', {
    user: 'frank',
    domains: ['*.example.com'],
    ports: [443],
    comment: 'web',
  });
  const shared = await client.post('/v1/acl-rules', { group: 'rulers', cidrs: ['10.0.0.0/8'] });
  const path = own.headers.get('location') ?? '';
  assert.deepEqual((await client.expect(200, 'GET', path)).body, own.body);
  await client.expect(304, 'GET', path, { headers: { 'if-none-match': own.headers.get('etag') ?? '' } });
  const ofUser = await client.expect(200, 'GET', '/v1/acl-rules?user=frank');
  assert.deepEqual(ofUser.body.items, [own.body]);
  const ofGroup = await client.expect(200, 'GET', '/v1/acl-rules?group=rulers');
  assert.deepEqual(ofGroup.body.items, [shared.body]);
  const replaced = await client.expect(200, 'PUT', path, {
    body: { ports: [22] },
    headers: { 'if-match': own.headers.get('etag') ?? '' },
  });
  assert.deepEqual(replaced.body.ports, [22]);
  assert.equal('domains' in replaced.body, false);
  assert.equal(replaced.body.user, 'frank');
  await client.expect(204, 'DELETE', path, { headers: { 'if-match': replaced.headers.get('etag') ?? '' } });
  await client.expect(404, 'GET', path);
  await client.expect(400, 'POST', '/v1/acl-rules', { body: { ports: [443] } });
  await client.expect(400, 'POST', '/v1/acl-rules', { body: { user: 'frank', cidrs: ['10.0.0.1/8'] } });
  await client.expect(409, 'POST', '/v1/acl-rules', { body: { user: 'nobody' } });
});

test('a quota is a resource of its own and a field of its user or group', async () => {
  await client.post('/v1/groups', { name: 'limited' });
  await client.post('/v1/users', { name: 'grace' });
  for (const path of ['/v1/quotas/users/grace', '/v1/quotas/groups/limited']) {
    const holder = path.replace('/quotas', '');
    await client.expect(404, 'GET', path);
    const { headers } = await client.expect(200, 'GET', holder);
    const etag = headers.get('etag') ?? '';
    const put = await client.expect(200, 'PUT', path, { body: { connections: 7 }, headers: { 'if-match': etag } });
    assert.deepEqual((await client.expect(200, 'GET', holder)).body['quota'], { connections: 7 });
    const read = await client.expect(200, 'GET', path);
    assert.equal(read.headers.get('etag'), put.headers.get('etag'));
    await client.expect(304, 'GET', path, { headers: { 'if-none-match': put.headers.get('etag') ?? '' } });
    await client.expect(412, 'PUT', path, { body: { connections: 8 }, headers: { 'if-match': etag } });
    await client.expect(400, 'PUT', path, { body: { connections: 0 }, headers: any });
    await client.expect(428, 'DELETE', path);
    await client.expect(204, 'DELETE', path, { headers: any });
    await client.expect(404, 'GET', path);
  }
  await client.expect(404, 'PUT', '/v1/quotas/users/nobody', { body: { connections: 1 }, headers: any });
});

test('the audit log says who changed what in which request, without secrets', async () => {
  const headers = { 'x-request-id': 'request-of-heidi' };
  await client.post('/v1/users', { name: 'heidi' }, headers);
  await client.post('/v1/users/heidi/credentials', { password: 'audited secret' });
  await client.expect(200, 'PATCH', '/v1/users/heidi', { body: { enabled: false }, headers: any });
  await client.expect(204, 'DELETE', '/v1/users/heidi', { headers: any });
  const log = await client.expect(200, 'GET', '/v1/audit?name=heidi');
  assert.deepEqual(
    log.body.items.map(({ action, kind }) => `${action} ${kind}`),
    ['Deleted User', 'Updated User', 'Created Credential', 'Created User'],
  );
  const update = log.body.items[1];
  assert.equal(update?.before?.['enabled'], true);
  assert.equal(update.after?.['enabled'], false);
  assert.ok(!log.text.includes('audited secret') && !log.text.includes('$argon2id$'));
  const ofRequest = await client.expect(200, 'GET', '/v1/audit?requestId=request-of-heidi');
  assert.deepEqual(
    ofRequest.body.items.map(({ name }) => name),
    ['heidi'],
  );
  const page = await client.expect(200, 'GET', '/v1/audit?kind=User&limit=1');
  assert.notEqual(page.body.next, undefined);
  await client.expect(200, 'GET', '/v1/audit?since=2000-01-01T00:00:00Z&until=2000-01-02T00:00:00Z');
  await client.expect(400, 'GET', '/v1/audit?since=yesterday');
  // RFC 3339 allows such offsets, PostgreSQL none beyond sixteen hours.
  await client.expect(400, 'GET', '/v1/audit?since=2027-01-31T12:00:00%2B22:38');
});
