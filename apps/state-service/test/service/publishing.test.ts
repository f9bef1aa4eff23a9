import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import { PrometheusText } from '@sluice/testkit/prometheus-text.ts';
import { openService } from './open-service.ts';

const postgres = await startPostgres({ after });
const { client, bus, service } = await openService({ after }, postgres);

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
