import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createMemoryStore, type MemoryStore } from '@sluice/live-config/memory/memory-store.ts';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import { OutboxPublisher } from '../../src/outbox/outbox-publisher.ts';
import { OutboxSignal } from '../../src/outbox/outbox-signal.ts';
import { createPostgresTruth } from '../../src/outbox/published-state.ts';
import { keepLog } from '../database/quiet-logger.ts';
import {
  context,
  groupInput,
  type OpenStore,
  prepareStores,
  ruleInput,
  scryptText,
  userInput,
} from '../repositories/open-store.ts';
import { liveNames, viewBucket } from './bucket-view.ts';

const postgres = await startPostgres({ after });
const openStore = await prepareStores(postgres);
const timeoutMs = 20_000;

function startPublisher(t: CleanupScope, opened: OpenStore, bucket: MemoryStore, name = 'first'): OutboxPublisher {
  const bus = bucket.connect();
  const publisher = new OutboxPublisher(
    { connectionString: postgres.url(opened.name), publisher: name, standbyEveryMs: 100 },
    { database: opened.database, bus, logger: keepLog().logger, nowMs: Date.now, random: Math.random },
  );
  t.after(async () => {
    await publisher.close();
    await bus.close();
  });
  return publisher;
}

async function isEmpty({ sql }: OpenStore): Promise<void> {
  assert.deepEqual(await sql('SELECT count(*)::int AS rows FROM outbox'), [{ rows: 0 }]);
}

test('publishes what a user is made of, and what becomes of it', async (t) => {
  const opened = await openStore(t);
  const bucket = createMemoryStore();
  const publisher = startPublisher(t, opened, bucket);
  const notAfter = '2031-01-02T03:04:05.678Z';
  await opened.store.write(context, async (unit) => {
    await unit.groups.create(groupInput('staff', { quota: { connections: 5 } }));
    await unit.groups.create(groupInput('admins'));
    await unit.users.create(
      userInput('al.ice', {
        groups: ['staff', 'admins'],
        destinations: 'Rules',
        quota: { connections: 9 },
        onRevoke: 'Disconnect',
      }),
    );
    await unit.credentials.create('al.ice', { verifier: { kind: 'scrypt', text: scryptText }, notAfter });
    await unit.aclRules.create(ruleInput({ group: 'staff' }, { domains: ['staff.example'], ports: [443] }));
    await unit.aclRules.create(ruleInput({ group: 'admins' }, { domains: null, cidrs: ['10.0.0.0/8'] }));
    await unit.aclRules.create(ruleInput({ user: 'al.ice' }, { domains: ['own.example'] }));
    await unit.users.create(userInput('bob', { enabled: false }));
  });
  publisher.wake();
  const first = await eventually(
    () => {
      const view = viewBucket(bucket);
      assert.deepEqual(view.users.get('al.ice')?.spec, {
        credentials: [{ scrypt: scryptText, notAfter }],
        allow: [{ domains: ['own.example'] }, { cidrs: ['10.0.0.0/8'] }, { domains: ['staff.example'], ports: [443] }],
        quota: { connections: 5 },
        onRevoke: 'Disconnect',
      });
      assert.equal(view.head?.count, 1);
      return view;
    },
    { timeoutMs },
  );
  assert.equal(first.users.get('bob')?.spec ?? null, null);

  await opened.store.write(context, (unit) => unit.groups.delete('staff', null));
  await opened.store.write(context, (unit) => unit.users.update('bob', { enabled: true }, null));
  publisher.wake();
  const second = await eventually(
    () => {
      const view = viewBucket(bucket);
      assert.deepEqual(view.users.get('al.ice')?.spec?.['allow'], [
        { domains: ['own.example'] },
        { cidrs: ['10.0.0.0/8'] },
      ]);
      assert.deepEqual(view.users.get('al.ice')?.spec?.['quota'], { connections: 9 });
      assert.deepEqual(view.users.get('bob')?.spec, { credentials: [], onRevoke: 'Keep' });
      assert.equal(view.head?.count, 2);
      return view;
    },
    { timeoutMs },
  );
  assert.ok(Number(second.users.get('al.ice')?.generation) > Number(first.users.get('al.ice')?.generation));

  await opened.store.write(context, (unit) => unit.users.delete('al.ice', null));
  publisher.wake();
  await eventually(
    async () => {
      const view = viewBucket(bucket);
      assert.equal(view.users.get('al.ice')?.spec, null);
      assert.ok(Number(view.users.get('al.ice')?.generation) > Number(second.users.get('al.ice')?.generation));
      assert.equal(view.head?.count, 1);
      await isEmpty(opened);
    },
    { timeoutMs },
  );
});

test('hears of changes that another process made', async (t) => {
  const opened = await openStore(t);
  const bucket = createMemoryStore();
  const publisher = startPublisher(t, opened, bucket);
  await eventually(() => assert.equal(publisher.stats.publisher?.phase, 'Publishing'), { timeoutMs });
  const another = opened.openAnother();
  await another.store.write(context, (unit) => unit.users.create(userInput('alice')));
  new OutboxSignal(another.database).wake();
  await eventually(
    async () => {
      assert.deepEqual(liveNames(viewBucket(bucket)), ['alice']);
      await isEmpty(opened);
      assert.equal(publisher.stats.coveredRows, 1);
    },
    { timeoutMs },
  );
  assert.ok(publisher.stats.lastLagSeconds < 10);
});

test('keeps rows until a head that counts them in is stored', async (t) => {
  const opened = await openStore(t);
  const bucket = createMemoryStore();
  const bus = bucket.connect();
  bus.interrupt('away');
  const publisher = new OutboxPublisher(
    { connectionString: postgres.url(opened.name), publisher: 'p' },
    { database: opened.database, bus, logger: keepLog().logger, nowMs: Date.now, random: Math.random },
  );
  t.after(() => publisher.close());
  await opened.store.write(context, (unit) => unit.users.create(userInput('alice')));
  publisher.wake();
  await eventually(() => assert.equal(publisher.stats.handedOver, 1), { timeoutMs });
  assert.equal((await publisher.backlog()).rows, 1);
  assert.ok((await publisher.backlog()).oldestSeconds >= 0);
  bus.restore();
  await eventually(() => isEmpty(opened), { timeoutMs });
  assert.deepEqual(liveNames(viewBucket(bucket)), ['alice']);
});

test('fills a bucket that was made anew, deleted users included', async (t) => {
  const opened = await openStore(t);
  const bucket = createMemoryStore();
  const publisher = startPublisher(t, opened, bucket);
  await opened.store.write(context, async (unit) => {
    for (let index = 0; index < 50; index++)
      await unit.users.create(userInput(`user${String(index).padStart(2, '0')}`));
  });
  await opened.store.write(context, (unit) => unit.users.delete('user07', null));
  publisher.wake();
  await eventually(() => assert.equal(viewBucket(bucket).head?.count, 49), { timeoutMs });
  bucket.recreate();
  await eventually(
    () => {
      const view = viewBucket(bucket);
      assert.equal(view.head?.count, 49);
      assert.equal(liveNames(view).includes('user07'), false);
    },
    { timeoutMs },
  );
});

test('lets one process publish at a time, and the next take over with a higher epoch', async (t) => {
  const opened = await openStore(t);
  const bucket = createMemoryStore();
  const first = startPublisher(t, opened, bucket, 'first');
  await eventually(() => assert.equal(first.stats.publisher?.phase, 'Publishing'), { timeoutMs });
  const second = startPublisher(t, opened, bucket, 'second');
  await opened.store.write(context, (unit) => unit.users.create(userInput('alice')));
  first.wake();
  await eventually(() => assert.deepEqual(liveNames(viewBucket(bucket)), ['alice']), { timeoutMs });
  assert.equal(second.stats.isLeader, false);
  const epoch = first.stats.publisher?.epoch ?? 0;
  await first.close();
  await eventually(
    () => {
      assert.equal(second.stats.publisher?.phase, 'Publishing');
      assert.equal(viewBucket(bucket).head?.publisher, 'second');
    },
    { timeoutMs },
  );
  assert.ok((second.stats.publisher?.epoch ?? 0) > epoch);
  await opened.store.write(context, (unit) => unit.users.create(userInput('bob')));
  second.wake();
  await eventually(() => assert.deepEqual(liveNames(viewBucket(bucket)), ['alice', 'bob']), { timeoutMs });
});

test('ends up with the truth when the right to publish goes back and forth under changes', async (t) => {
  const opened = await openStore(t);
  const bucket = createMemoryStore();
  const publishers = [startPublisher(t, opened, bucket, 'first'), startPublisher(t, opened, bucket, 'second')];
  const leaders = new Set<string>();
  for (let round = 0; round < 12; round++) {
    await opened.store.write(context, (unit) => unit.users.create(userInput(`user${round}`)));
    if (round > 2) await opened.store.write(context, (unit) => unit.users.delete(`user${round - 3}`, null));
    for (const publisher of publishers) publisher.wake();
    await eventually(() => assert.ok(publishers.some(({ stats }) => stats.isLeader)), { timeoutMs });
    const publisher = viewBucket(bucket).head?.publisher;
    if (publisher !== undefined) leaders.add(publisher);
    // The connection that holds the right is cut; the process that had it does not know and goes on.
    await opened.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
  }
  await eventually(
    async () => {
      await isEmpty(opened);
      assert.deepEqual(liveNames(viewBucket(bucket)), ['user10', 'user11', 'user9']);
      assert.equal(viewBucket(bucket).head?.count, 3);
    },
    { timeoutMs },
  );
});

test('publishes on when Postgres was killed and is back', async (t) => {
  const opened = await openStore(t);
  const bucket = createMemoryStore();
  const publisher = startPublisher(t, opened, bucket);
  await opened.store.write(context, (unit) => unit.users.create(userInput('before')));
  await eventually(() => assert.deepEqual(liveNames(viewBucket(bucket)), ['before']), { timeoutMs });
  const epoch = publisher.stats.publisher?.epoch;
  await postgres.kill();
  await eventually(() => assert.equal(publisher.stats.isLeader, false), { timeoutMs });
  await postgres.start();
  await eventually(() => opened.store.write(context, (unit) => unit.users.create(userInput('later'))), { timeoutMs });
  await eventually(
    async () => {
      assert.deepEqual(liveNames(viewBucket(bucket)), ['before', 'later']);
      await isEmpty(opened);
    },
    { timeoutMs },
  );
  assert.equal(publisher.stats.publisher?.epoch, epoch, 'nobody else had the right: nothing is taken over anew');
});

test('stands by again at once when its connection was cut, however often', async (t) => {
  const opened = await openStore(t);
  const bucket = createMemoryStore();
  const first = startPublisher(t, opened, bucket, 'first');
  await eventually(() => assert.ok(first.stats.isLeader), { timeoutMs });
  startPublisher(t, opened, bucket, 'second');
  const cut = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%pg_try_advisory_lock%'
      AND pid NOT IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)`;
  const begunMs = performance.now();
  for (let times = 0; times < 8; times += 1) {
    await eventually(async () => assert.equal((await opened.sql(cut)).length, 1), { timeoutMs: 40_000 });
  }
  assert.ok(performance.now() - begunMs < 20_000, `${performance.now() - begunMs} ms`);
  assert.ok(first.stats.isLeader);
});

test('publishes a change of a large group for each of its members', async (t) => {
  const opened = await openStore(t);
  const bucket = createMemoryStore();
  const publisher = startPublisher(t, opened, bucket);
  const members = 3_000;
  await opened.store.write(context, (unit) => unit.groups.create(groupInput('all')));
  const rows = (async function* () {
    for (let index = 0; index < members; index++) {
      await Promise.resolve();
      const user = userInput(`member${index}`, { groups: ['all'], destinations: 'Rules' });
      yield { kind: 'User', user, credentials: null } as const;
    }
  })();
  const options = { onConflict: 'Fail', signal: new AbortController().signal } as const;
  for await (const outcome of opened.store.importRows(context, rows, options)) assert.equal(outcome.kind, 'Created');
  publisher.wake();
  await eventually(() => assert.equal(viewBucket(bucket).head?.count, members), { timeoutMs });
  await opened.store.write(context, (unit) =>
    unit.aclRules.create(ruleInput({ group: 'all' }, { domains: ['new.example'] })),
  );
  publisher.wake();
  await eventually(
    async () => {
      const view = viewBucket(bucket);
      assert.equal(view.users.size, members);
      for (const { name, spec } of view.users.values())
        assert.deepEqual(spec?.['allow'], [{ domains: ['new.example'] }], name);
      await isEmpty(opened);
    },
    { timeoutMs },
  );
});

test('misses no rule for those who join while rules are added', async (t) => {
  const opened = await openStore(t);
  const { store } = opened;
  const bucket = createMemoryStore();
  const publisher = startPublisher(t, opened, bucket);
  await store.write(context, (unit) => unit.groups.create(groupInput('staff')));
  const another = opened.openAnother();
  const joins = Array.from({ length: 60 }, async (_, index) => {
    const user = userInput(`user${index}`, { groups: ['staff'], destinations: 'Rules' });
    await store.write(context, (unit) => unit.users.create(user));
    publisher.wake();
  });
  const rules = Array.from({ length: 20 }, async () => {
    await another.store.write(context, (unit) => unit.aclRules.create(ruleInput({ group: 'staff' })));
    publisher.wake();
  });
  await Promise.all([...joins, ...rules]);
  await eventually(() => isEmpty(opened), { timeoutMs });
  const truth = (await Array.fromAsync(createPostgresTruth(opened.database, () => Promise.resolve()).list())).flat();
  assert.equal(truth.length, 60);
  const { users } = viewBucket(bucket);
  for (const { key, generation, spec } of truth) {
    const name = key.slice('users.'.length);
    const entry = users.get(name);
    assert.equal(entry?.generation, generation, name);
    assert.deepEqual(entry.spec, spec, name);
  }
});
