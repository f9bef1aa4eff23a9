import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { UserSpecReplacement, UserSpecResource } from '@sluice/contract/state-api/user-spec-resource.ts';
import { createScryptVerifier } from '@sluice/testkit/scrypt-verifier.ts';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import type { Answer } from './api-client.ts';
import { openService } from './open-service.ts';

const postgres = await startPostgres({ after });
const { client } = await openService({ after }, postgres);
const verifiers = [createScryptVerifier('one'), createScryptVerifier('two')] as const;
const keeper = { managedBy: 'sluice-operator/team-a', managedRevision: 'uid/1' };

const pathOf = (name: string): string => `/v1/users/${name}/spec`;
const specOf = (answer: Answer): UserSpecResource => answer.body as unknown as UserSpecResource;
const etagOf = (answer: Answer): string => answer.headers.get('etag') ?? '';

async function create(name: string, body: UserSpecReplacement): Promise<Answer> {
  return await client.expect(201, 'PUT', pathOf(name), { body, headers: { 'if-none-match': '*' } });
}

async function put(name: string, etag: string, body: UserSpecReplacement): Promise<Answer> {
  return await client.expect(200, 'PUT', pathOf(name), { body, headers: { 'if-match': etag } });
}

async function auditCount(name: string): Promise<number> {
  return (await client.expect(200, 'GET', `/v1/audit?kind=User&name=${name}`)).body.items.length;
}

async function generationOf(name: string): Promise<number> {
  const { body } = await client.expect(200, 'GET', '/v1/rollouts?limit=500');
  const found = (body.items as unknown as readonly { name: string; generation: number }[]).find(
    (item) => item.name === name,
  );
  return found?.generation ?? 0;
}

test('a user is created whole, read back without what its credentials check, and published once', async () => {
  const created = await create('whole', {
    ...keeper,
    destinations: 'Rules',
    quota: { connections: 5 },
    onRevoke: 'Disconnect',
    credentials: [{ verifier: verifiers[0] }, { password: 'plain', notAfter: '2099-01-01T00:00:00Z' }],
    rules: [
      { domains: ['*.example.com'], ports: [443] },
      { cidrs: ['10.0.0.0/8'], comment: 'inside' },
    ],
  });
  assert.equal(created.headers.get('location'), '/v1/users/whole');
  const read = await client.expect(200, 'GET', pathOf('whole'));
  assert.deepEqual(read.body, created.body);
  assert.equal(etagOf(read), etagOf(created));
  const { credentials, rules, isEdited, quota } = specOf(read);
  assert.deepEqual(
    [credentials.map(({ kind }) => kind), isEdited, quota],
    [['scrypt', 'argon2id'], false, { connections: 5 }],
  );
  assert.deepEqual(
    rules.map(({ id: _id, ...rule }) => rule),
    [
      { domains: ['*.example.com'], ports: [443] },
      { cidrs: ['10.0.0.0/8'], comment: 'inside' },
    ],
  );
  for (const secret of ['plain', verifiers[0]]) assert.ok(!read.text.includes(secret));
  const audit = await client.expect(200, 'GET', '/v1/audit?kind=User&name=whole');
  assert.deepEqual(
    audit.body.items.map((entry) => (entry as unknown as { action: string }).action),
    ['Created'],
  );
  for (const secret of ['plain', verifiers[0]]) assert.ok(!audit.text.includes(secret));
  await client.expect(304, 'GET', pathOf('whole'), { headers: { 'if-none-match': etagOf(read) } });
});

test('putting the same again writes nothing, publishes nothing and keeps the ETag', async () => {
  const body: UserSpecReplacement = {
    credentials: [{ verifier: verifiers[0] }, { verifier: verifiers[0] }, { verifier: verifiers[1] }],
    managedBy: keeper.managedBy,
    destinations: 'Rules',
    rules: [{ ports: [443] }],
  };
  const created = await create('same', body);
  const [entries, generation] = [await auditCount('same'), await generationOf('same')];
  const again = await put('same', etagOf(created), body);
  assert.deepEqual(again.body, created.body);
  assert.equal(etagOf(again), etagOf(created));
  assert.deepEqual([await auditCount('same'), await generationOf('same')], [entries, generation]);
});

test('a password is hashed once for each managedRevision, until others change the user', async () => {
  const body: UserSpecReplacement = { ...keeper, credentials: [{ password: 'from a Secret' }] };
  const created = await create('secret', body);
  const again = await put('secret', etagOf(created), body);
  assert.deepEqual(again.body, created.body);
  const next = await put('secret', etagOf(created), { ...body, managedRevision: 'uid/2' });
  assert.notEqual(specOf(next).credentials[0]?.id, specOf(created).credentials[0]?.id);
  const edited = await client.expect(200, 'PATCH', '/v1/users/secret', {
    body: { enabled: false },
    headers: { 'if-match': '*' },
  });
  assert.equal(edited.body.managedBy, keeper.managedBy);
  const read = await client.expect(200, 'GET', pathOf('secret'));
  assert.equal(specOf(read).isEdited, true);
  const back = await put('secret', etagOf(read), { ...body, managedRevision: 'uid/2' });
  assert.deepEqual([specOf(back).enabled, specOf(back).isEdited], [true, false]);
});

test('a change keeps the credentials and rules that stay', async () => {
  const rules = [{ ports: [1] }, { ports: [2] }, { ports: [3] }];
  const created = await create('partly', {
    ...keeper,
    destinations: 'Rules',
    rules,
    credentials: verifiers.map((verifier) => ({ verifier })),
  });
  const changed = await put('partly', etagOf(created), {
    ...keeper,
    managedRevision: 'uid/2',
    destinations: 'Rules',
    rules: [...rules.slice(0, 1), { ports: [22] }],
    credentials: [{ verifier: verifiers[1] }, { verifier: createScryptVerifier('three') }],
  });
  const [before, now] = [specOf(created), specOf(changed)];
  assert.equal(now.credentials[0]?.id, before.credentials[1]?.id);
  assert.equal(now.credentials.length, 2);
  assert.equal(now.rules[0]?.id, before.rules[0]?.id);
  assert.deepEqual(
    now.rules.map(({ ports }) => ports),
    [[1], [22]],
  );
});

test('whatever others change of the user is seen: its fields, a credential, a rule', async () => {
  const edits: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['groups', () => client.post('/v1/groups', { name: 'joined' })],
    [
      'membership',
      () =>
        client.expect(200, 'PATCH', '/v1/users/watched', {
          body: { groups: ['joined'] },
          headers: { 'if-match': '*' },
        }),
    ],
    ['credential', () => client.post('/v1/users/watched/credentials', { password: 'another' })],
    ['rule', () => client.post('/v1/acl-rules', { user: 'watched', ports: [80] })],
  ];
  let { headers } = await create('watched', keeper);
  for (const [what, edit] of edits) {
    await edit();
    const seen = await client.expect(200, 'GET', pathOf('watched'));
    assert.equal(specOf(seen).isEdited, what !== 'groups', what);
    ({ headers } = await put('watched', etagOf(seen), { ...keeper, managedRevision: `after/${what}` }));
    const mended = await client.expect(200, 'GET', pathOf('watched'));
    assert.deepEqual([specOf(mended).isEdited, etagOf(mended)], [false, headers.get('etag')], what);
    assert.deepEqual([specOf(mended).credentials, specOf(mended).rules, specOf(mended).groups], [[], [], []], what);
  }
});

test('a condition that does not hold changes nothing', async () => {
  const created = await create('held', keeper);
  const body = { ...keeper, managedRevision: 'uid/9' };
  await client.expect(428, 'PUT', pathOf('held'), { body });
  for (const headers of [{ 'if-none-match': '"x"' }, { 'if-none-match': '*', 'if-match': '*' }])
    await client.expect(400, 'PUT', pathOf('held'), { body, headers });
  const refused = await client.expect(412, 'PUT', pathOf('held'), { body, headers: { 'if-none-match': '*' } });
  assert.equal(etagOf(refused), etagOf(created));
  await client.expect(412, 'PUT', pathOf('held'), { body, headers: { 'if-match': '"old"' } });
  await client.expect(404, 'PUT', pathOf('nobody'), { body, headers: { 'if-match': '*' } });
  await client.expect(404, 'GET', pathOf('nobody'));
  assert.deepEqual((await client.expect(200, 'GET', pathOf('held'))).body, created.body);
});

test('of many that create or change a user at the same time one does', async () => {
  const putting = (headers: Readonly<Record<string, string>>) => (_: unknown, index: number) =>
    client.ask('PUT', pathOf('raced'), { body: { ...keeper, managedRevision: `by/${index}` }, headers });
  const created = await Promise.all(Array.from({ length: 8 }, putting({ 'if-none-match': '*' })));
  const made = created.filter(({ status }) => status === 201);
  assert.equal(made.length, 1, created.map(({ status }) => status).join(' '));
  assert.equal(created.filter(({ status }) => [409, 412].includes(status)).length, 7);
  const winner = made[0];
  assert.ok(winner);
  const changed = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      client.ask('PUT', pathOf('raced'), {
        body: { ...keeper, managedRevision: `change/${index}` },
        headers: { 'if-match': etagOf(winner) },
      }),
    ),
  );
  assert.equal(changed.filter(({ status }) => status === 200).length, 1);
  assert.equal(changed.filter(({ status }) => status === 412).length, 7);
});

test('what a user may not have refuses all of it', async () => {
  const refusals: readonly (readonly [number, UserSpecReplacement])[] = [
    [400, { credentials: [{ verifier: 'not one' }] }],
    [400, { credentials: [{}] }],
    [400, { credentials: Array.from({ length: 9 }, () => ({ verifier: verifiers[0] })) }],
    [400, { rules: [{ ports: [0] }] }],
    [400, { managedRevision: 'with blanks' }],
    [409, { groups: ['nowhere'] }],
  ];
  for (const [status, body] of refusals)
    await client.expect(status, 'PUT', pathOf('refused'), { body, headers: { 'if-none-match': '*' } });
  await client.expect(404, 'GET', pathOf('refused'));
});

test('a key needs its scopes for users, credentials and rules together', async () => {
  const scopes = ['users:write', 'credentials:write', 'acl:write'];
  const whole = await client.post('/v1/api-keys', { client: 'whole', scopes });
  const part = await client.post('/v1/api-keys', { client: 'part', scopes: scopes.slice(0, 2) });
  const request = { body: keeper, headers: { 'if-none-match': '*' } };
  await client.expect(403, 'PUT', pathOf('scoped'), { ...request, key: part.body.key });
  await client.expect(201, 'PUT', pathOf('scoped'), { ...request, key: whole.body.key });
  await client.expect(403, 'GET', pathOf('scoped'), { key: part.body.key });
});

test('managed users are listed with what their keeper put, in pages, and those that changed lately', async () => {
  const other = { managedBy: 'other-keeper/x', managedRevision: 'r/1' };
  const names = ['list-a', 'list-b', 'list-c'];
  const etags: string[] = [];
  for (const name of names) etags.push(etagOf(await create(name, { ...other, credentials: [{ password: name }] })));
  await client.post('/v1/users', { name: 'list-unmanaged' });
  type Item = { name: string; etag: string; isEdited: boolean; managedRevision: string; generation: number };
  const itemsOf = async (query: string): Promise<readonly Item[]> => {
    const items: Item[] = [];
    let next: string | null = `/v1/rollouts?managedByPrefix=other-keeper/&limit=2${query}`;
    while (next !== null) {
      const page = await client.expect(200, 'GET', next);
      items.push(...(page.body.items as unknown as readonly Item[]));
      next = /^<(.+)>; rel="next"$/.exec(page.headers.get('link') ?? '')?.[1] ?? null;
    }
    return items;
  };
  const items = await itemsOf('');
  assert.deepEqual(
    items.map(({ name, etag, isEdited, managedRevision }) => [name, etag, isEdited, managedRevision]),
    names.map((name, index) => [name, etags[index], false, 'r/1']),
  );
  await client.post('/v1/acl-rules', { user: 'list-b', ports: [443] });
  const newest = Math.max(...items.map(({ generation }) => generation));
  const changed = await itemsOf(`&sinceGeneration=${newest + 1}`);
  assert.deepEqual(
    changed.map(({ name, isEdited }) => [name, isEdited]),
    [['list-b', true]],
  );
});
