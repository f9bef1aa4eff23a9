import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import { PrometheusText } from '@sluice/testkit/prometheus-text.ts';
import { openService } from './open-service.ts';

const postgres = await startPostgres({ after });
const database = await postgres.createDatabase();
const { client, bus, service } = await openService({ after }, postgres, { connectionString: database.url });

interface Entry {
  readonly generation: number;
  readonly spec: Readonly<Record<string, unknown>> | null;
}

async function entryOf(key: string): Promise<Entry> {
  const stored = await bus.read(key);
  assert.ok(stored?.value, `${key} is not on the bus`);
  return JSON.parse(Buffer.from(stored.value).toString()) as Entry;
}

test('a user created by REST is on the bus with its credentials and rules, and a deletion is an entry of its own', async () => {
  const verifier = '$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy';
  await client.post('/v1/groups', { name: 'ops', quota: { connections: 4 } });
  await client.post('/v1/users', { name: 'alice', destinations: 'Rules', groups: ['ops'], onRevoke: 'Disconnect' });
  await client.post('/v1/users/alice/credentials', { verifier });
  await client.post('/v1/acl-rules', { group: 'ops', domains: ['*.example.com'] });
  const created = await eventually(
    async () => {
      const entry = await entryOf('users.alice');
      assert.deepEqual(entry.spec, {
        credentials: [{ bcrypt: verifier }],
        allow: [{ domains: ['*.example.com'] }],
        quota: { connections: 4 },
        onRevoke: 'Disconnect',
      });
      return entry;
    },
    { timeoutMs: 15_000 },
  );
  await client.expect(204, 'DELETE', '/v1/users/alice', { headers: { 'if-match': '*' } });
  const deleted = await eventually(
    async () => {
      const entry = await entryOf('users.alice');
      assert.equal(entry.spec, null);
      return entry;
    },
    { timeoutMs: 15_000 },
  );
  assert.ok(deleted.generation > created.generation);
});

test('what is published is in the metrics', async () => {
  await client.post('/v1/users', { name: 'counted' });
  await eventually(
    async () => {
      const metrics = new PrometheusText(await (await fetch(`${service.url}/metrics`)).text());
      assert.equal(metrics.sum('sluice_state_publisher_leader'), 1);
      assert.ok(metrics.sum('sluice_state_published_changes_total') > 0);
      assert.ok(metrics.has('sluice_state_outbox_lag_seconds'));
      assert.equal(metrics.sum('sluice_state_published_users'), 1);
    },
    { timeoutMs: 15_000 },
  );
});

interface Rollout {
  readonly name: string;
  readonly generation: number;
  readonly isPublished: boolean;
  readonly acknowledged: number;
  readonly rejections: readonly { readonly proxy: string; readonly reason: string }[];
}

async function rolloutOf(name: string): Promise<Rollout> {
  const { body } = await client.expect(200, 'GET', '/v1/rollouts');
  const found = (body.items as unknown as readonly Rollout[]).find((item) => item.name === name);
  assert.ok(found, name);
  return found;
}

test('of a managed user it is told which proxies have it in force, as soon as they say so', async () => {
  const headers = { 'if-none-match': '*' };
  await client.expect(201, 'PUT', '/v1/users/rolled/spec', { body: { managedBy: 'test/a' }, headers });
  const published = await eventually(async () => {
    const rollout = await rolloutOf('rolled');
    assert.equal(rollout.isPublished, true);
    return rollout;
  });
  assert.deepEqual([published.acknowledged, published.rejections], [0, []]);
  const head = JSON.parse(Buffer.from((await bus.read('head.users'))?.value ?? []).toString()) as Record<
    string,
    unknown
  >;
  const { epoch, revision, digest } = head;
  const { generation } = published;
  const refused = [{ key: 'users.rolled', generation, reason: 'no room' }];
  for (const [proxy, rejected] of [
    ['one', []],
    ['two', refused],
  ] as const) {
    const ack = { v: 1, proxy, instance: 'i', range: 'users', epoch, revision, digest };
    const rest = { appliedAt: new Date().toISOString(), rejected, rejectedCount: rejected.length, token: '' };
    bus.sendAck(proxy, Buffer.from(JSON.stringify({ ...ack, ...rest })));
  }
  await eventually(async () => {
    const { acknowledged, rejections } = await rolloutOf('rolled');
    assert.deepEqual([acknowledged, rejections], [1, [{ proxy: 'two', reason: 'no room' }]]);
  });
  await client.expect(200, 'PATCH', '/v1/users/rolled', { body: { enabled: false }, headers: { 'if-match': '*' } });
  const next = await rolloutOf('rolled');
  assert.ok(next.generation > generation);
  assert.equal(next.acknowledged, 0);
});

test('of a user that nobody manages any more nothing is remembered', async () => {
  const rows = (): Promise<readonly unknown[]> =>
    postgres.run(`SELECT 1 FROM user_publications WHERE user_name = 'rolled'`, database.name);
  await eventually(async () => assert.equal((await rows()).length, 1));
  await client.expect(200, 'PATCH', '/v1/users/rolled', { body: { managedBy: null }, headers: { 'if-match': '*' } });
  await eventually(async () => assert.equal((await rows()).length, 0));
});
