import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import { openService } from './open-service.ts';

const postgres = await startPostgres({ after });
const { client } = await openService({ after }, postgres);

test('a user is created with defaults, read, and found at its Location', async () => {
  const created = await client.post('/v1/users', { name: 'alice' });
  const { createdAt, updatedAt, version, ...fields } = created.body;
  assert.deepEqual(fields, { name: 'alice', enabled: true, destinations: 'Public', groups: [], onRevoke: 'Keep' });
  assert.equal(created.headers.get('etag'), `"${version}"`);
  assert.equal(createdAt, updatedAt);
  const read = await client.expect(200, 'GET', created.headers.get('location') ?? '');
  assert.deepEqual(read.body, created.body);
  assert.equal(read.headers.get('etag'), created.headers.get('etag'));
});

test('names that need escaping in a path are addressed like any other', async () => {
  for (const name of ['a/b', 'ü ñ', '100%', 'a?b#c', '%2F', "o'neil;--", '語'.repeat(85)]) {
    const created = await client.post('/v1/users', { name });
    const read = await client.expect(200, 'GET', created.headers.get('location') ?? '');
    assert.equal(read.body.name, name);
  }
});

test('names that no path can hold are refused', async () => {
  for (const name of ['.', '..', '', 'a:b', 'a\u0000b', 'x'.repeat(256), '\ud800']) {
    const refused = await client.expect(400, 'POST', '/v1/users', { body: { name } });
    assert.equal(refused.body.errors?.[0]?.pointer, '/name', JSON.stringify(name));
  }
});

test('a name that is taken is a conflict', async () => {
  await client.post('/v1/users', { name: 'taken' });
  const refused = await client.expect(409, 'POST', '/v1/users', { body: { name: 'taken' } });
  assert.equal(refused.body.type, 'urn:sluice:problem:conflict');
});

test('a group that is not there is a conflict', async () => {
  await client.expect(409, 'POST', '/v1/users', { body: { name: 'lost', groups: ['nowhere'] } });
});

test('a merge patch changes what it names and removes what it sets to null', async () => {
  await client.post('/v1/users', { name: 'patched', quota: { connections: 3 }, destinations: 'Rules' });
  const headers = { 'if-match': '*', 'content-type': 'application/merge-patch+json' };
  const body = JSON.stringify({ quota: null, onRevoke: 'Disconnect' });
  const patched = await client.expect(200, 'PATCH', '/v1/users/patched', { body, headers });
  assert.equal('quota' in patched.body, false);
  assert.equal(patched.body.onRevoke, 'Disconnect');
  assert.equal(patched.body.destinations, 'Rules');
});

test('a replacement sets what it leaves out to its default', async () => {
  const created = await client.post('/v1/users', {
    name: 'replaced',
    quota: { connections: 3 },
    destinations: 'Rules',
  });
  const headers = { 'if-match': created.headers.get('etag') ?? '' };
  const replaced = await client.expect(200, 'PUT', '/v1/users/replaced', { body: { enabled: false }, headers });
  assert.equal(replaced.body.enabled, false);
  assert.equal(replaced.body.destinations, 'Public');
  assert.equal('quota' in replaced.body, false);
});

test('a change needs If-Match, and one of a version that is gone is refused with the current one', async () => {
  const created = await client.post('/v1/users', { name: 'versioned' });
  const old = created.headers.get('etag') ?? '';
  await client.expect(428, 'PATCH', '/v1/users/versioned', { body: { enabled: false } });
  await client.expect(428, 'PUT', '/v1/users/versioned', { body: {} });
  await client.expect(428, 'DELETE', '/v1/users/versioned');
  const changed = await client.expect(200, 'PATCH', '/v1/users/versioned', {
    body: { enabled: false },
    headers: { 'if-match': old },
  });
  for (const stale of [old, `W/${changed.headers.get('etag')}`, '"999999", "1"', '"unknown"']) {
    const refused = await client.expect(412, 'PATCH', '/v1/users/versioned', {
      body: {},
      headers: { 'if-match': stale },
    });
    assert.equal(refused.headers.get('etag'), changed.headers.get('etag'), stale);
  }
  const list = `"1", ${changed.headers.get('etag')}`;
  await client.expect(204, 'DELETE', '/v1/users/versioned', { headers: { 'if-match': list } });
  await client.expect(404, 'DELETE', '/v1/users/versioned', { headers: { 'if-match': '*' } });
  const again = await client.post('/v1/users', { name: 'versioned' });
  assert.notEqual(again.headers.get('etag'), old, 'a version of a deleted user must not come back');
});

test('of many changes with the same If-Match exactly one is made', async () => {
  const created = await client.post('/v1/users', { name: 'contended' });
  const headers = { 'if-match': created.headers.get('etag') ?? '' };
  const answers = await Promise.all(
    Array.from({ length: 16 }, (_, index) =>
      client.ask('PATCH', '/v1/users/contended', { body: { quota: { connections: index + 1 } }, headers }),
    ),
  );
  const made = answers.filter(({ status }) => status === 200);
  assert.equal(made.length, 1);
  assert.equal(answers.filter(({ status }) => status === 412).length, 15);
  assert.deepEqual((await client.expect(200, 'GET', '/v1/users/contended')).body, made[0]?.body);
});

test('a client that has the version gets 304 and no body', async () => {
  const created = await client.post('/v1/users', { name: 'cached' });
  const tag = created.headers.get('etag') ?? '';
  const same = await client.expect(304, 'GET', '/v1/users/cached', { headers: { 'if-none-match': `"0", W/${tag}` } });
  assert.equal(same.headers.get('etag'), tag);
  await client.expect(200, 'GET', '/v1/users/cached', { headers: { 'if-none-match': '"1"' } });
});

test('lists are paged by cursor, and no row that stayed is missed or repeated while others come and go', async () => {
  const names = Array.from({ length: 25 }, (_, index) => `page-${String(index).padStart(2, '0')}`);
  await Promise.all(names.map((name) => client.post('/v1/users', { name })));
  const found: string[] = [];
  const leaving = ['page-05', 'page-12', 'page-20'];
  let next: string | null = '/v1/users?namePrefix=page-&limit=10';
  while (next !== null) {
    const page = await client.expect(200, 'GET', next);
    found.push(...page.body.items.map(({ name }) => name));
    next = /^<(.+)>; rel="next"$/.exec(page.headers.get('link') ?? '')?.[1] ?? null;
    assert.equal(next === null, page.body.next === undefined);
    await client.post('/v1/users', { name: `page-0${found.length}-behind` });
    const gone = leaving.shift();
    if (gone !== undefined) await client.expect(204, 'DELETE', `/v1/users/${gone}`, { headers: { 'if-match': '*' } });
  }
  const stayed = names.filter((name) => !['page-12', 'page-20'].includes(name));
  for (const name of stayed) assert.ok(found.includes(name), name);
  assert.deepEqual(found, found.toSorted());
  assert.equal(new Set(found).size, found.length);
});

test('a cursor is refused for another list, and so is a limit out of bounds', async () => {
  const page = await client.expect(200, 'GET', '/v1/users?limit=1');
  for (const query of [
    `limit=1&namePrefix=x&cursor=${page.body.next}`,
    'cursor=AAAAAAAAAAAAAAAA',
    'limit=0',
    'limit=501',
    'limit=1e1',
    'limit=1&limit=2',
  ]) {
    await client.expect(400, 'GET', `/v1/users?${query}`);
  }
  await client.expect(400, 'GET', `/v1/groups?cursor=${page.body.next}`);
});

test('lists are filtered', async () => {
  await client.post('/v1/groups', { name: 'filtered' });
  await client.post('/v1/users', { name: 'filter-a', groups: ['filtered'], enabled: false });
  await client.post('/v1/users', { name: 'filter-b', groups: ['filtered'], destinations: 'Rules' });
  const namesOf = async (query: string): Promise<string[]> =>
    (await client.expect(200, 'GET', `/v1/users?${query}`)).body.items.map(({ name }) => name);
  assert.deepEqual(await namesOf('group=filtered'), ['filter-a', 'filter-b']);
  assert.deepEqual(await namesOf('group=filtered&enabled=false'), ['filter-a']);
  assert.deepEqual(await namesOf('group=filtered&destinations=Rules'), ['filter-b']);
  await client.expect(400, 'GET', '/v1/users?enabled=yes');
});

test('who keeps a user is said, found by its beginning, changed, recorded, exported and taken in again', async () => {
  const keeper = 'sluice-operator/team-a';
  await client.post('/v1/users', { name: 'kept-a', managedBy: keeper });
  await client.post('/v1/users', { name: 'kept-b' });
  const kept = await client.expect(200, 'PATCH', '/v1/users/kept-b', {
    body: { managedBy: 'sluice-operator/team-b' },
    headers: { 'if-match': '*' },
  });
  assert.equal(kept.body.managedBy, 'sluice-operator/team-b');
  const namesOf = async (prefix: string): Promise<string[]> =>
    (await client.expect(200, 'GET', `/v1/users?managedByPrefix=${prefix}`)).body.items.map(({ name }) => name);
  assert.deepEqual(await namesOf('sluice-operator/'), ['kept-a', 'kept-b']);
  assert.deepEqual(await namesOf('sluice-operator/team-a'), ['kept-a']);
  const audit = await client.expect(200, 'GET', '/v1/audit?kind=User&name=kept-b&limit=1');
  assert.equal(audit.body.items[0]?.after?.['managedBy'], 'sluice-operator/team-b');
  const exported = await client.expect(200, 'GET', '/v1/export');
  const line = exported.text.split('\n').find((text) => text.includes('"kept-a"')) ?? '';
  assert.equal((JSON.parse(line) as { user: { managedBy?: string } }).user.managedBy, keeper);
  const freed = await client.expect(200, 'PATCH', '/v1/users/kept-a', {
    body: { managedBy: null },
    headers: { 'if-match': '*' },
  });
  assert.equal('managedBy' in freed.body, false);
  await client.expect(200, 'POST', '/v1/import?onConflict=Replace', {
    body: `${line}\n`,
    headers: { 'content-type': 'application/x-ndjson' },
  });
  assert.equal((await client.expect(200, 'GET', '/v1/users/kept-a')).body.managedBy, keeper);
  for (const bad of ['', '-x', 'a b', 'x'.repeat(256), 'ü'])
    await client.expect(400, 'POST', '/v1/users', { body: { name: 'kept-c', managedBy: bad } });
});
