import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourceKey } from '@sluice/contract/config-key.ts';
import { createMemoryStore } from '@sluice/live-config/memory/memory-store.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { createAcknowledgedUsers } from '../../src/outbox/acknowledged-users.ts';

const digest = 'a'.repeat(64);

function ackOf(proxy: string, revision: number, rejected: readonly object[] = []): Uint8Array {
  const ack = {
    v: 1,
    proxy,
    instance: 'i',
    range: 'users',
    epoch: 2,
    revision,
    digest,
    appliedAt: '2026-11-27T00:00:00Z',
  };
  return Buffer.from(JSON.stringify({ ...ack, rejected, rejectedCount: rejected.length, token: '' }));
}

test('counts the proxies that have a user in force since it was published, and those that did not take it', async () => {
  const store = createMemoryStore();
  let now = 1_000_000;
  const users = createAcknowledgedUsers(null, { bus: store.connect(), nowMs: () => now });
  const proxies = store.connect();
  proxies.sendAck('one', ackOf('one', 7));
  proxies.sendAck('two', ackOf('two', 6));
  const key = resourceKey({ kind: 'User', name: 'alice' });
  proxies.sendAck('three', ackOf('three', 8, [{ key, generation: 41, reason: 'no' }]));
  await eventually(() => assert.equal(users.liveProxies, 3));
  const alice = { name: 'alice', generation: 41 };
  const published = { ...alice, publication: { epoch: 2, revision: 7 } };
  assert.equal(users.of({ ...alice, publication: null }).acknowledged, 0);
  assert.deepEqual(users.of(published), {
    acknowledged: 1,
    proxies: 3,
    rejections: [{ proxy: 'three', reason: 'no' }],
  });
  proxies.sendAck('two', ackOf('two', 7));
  await eventually(() => assert.equal(users.of(published).acknowledged, 2));
  assert.equal(users.isSettled, false);
  now += 12_000;
  assert.equal(users.isSettled, true);
  now += 30_001;
  assert.equal(users.liveProxies, 0);
});

test('a process without a bus hears nobody and never says that it knows', () => {
  const users = createAcknowledgedUsers(null, { bus: null, nowMs: () => 1e9 });
  assert.deepEqual([users.liveProxies, users.isSettled], [0, false]);
});
