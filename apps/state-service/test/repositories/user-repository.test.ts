import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import {
  AlreadyExistsError,
  InvalidValueError,
  LimitExceededError,
  NotFoundError,
  UnknownReferenceError,
  VersionMismatchError,
} from '../../src/domain/state-error.ts';
import type { User, UserFilter } from '../../src/domain/user.ts';
import { context, groupInput, type OpenStore, prepareStores, ruleInput, scryptText, userInput } from './open-store.ts';

const openStore = await prepareStores(await startPostgres({ after }));

async function generationOf({ sql }: OpenStore, name: string): Promise<number> {
  const rows = await sql(
    `SELECT generation FROM users WHERE name = '${name}' UNION ALL SELECT generation FROM deleted_users WHERE name = '${name}'`,
  );
  assert.equal(rows.length, 1, `rows of ${name}`);
  return Number(rows[0]?.['generation']);
}

test('creates a user that is found as it was given, with a version and times', async (t) => {
  const { store } = await openStore(t);
  await store.write(context, async (unit) => {
    await unit.groups.create(groupInput('staff'));
    await unit.groups.create(groupInput('admins'));
  });
  const input = userInput('zoë al.ice', {
    groups: ['staff', 'admins'],
    quota: { connections: 7 },
    onRevoke: 'Disconnect',
  });
  const created = await store.write(context, (unit) => unit.users.create(input));
  assert.deepEqual(await store.read((unit) => unit.users.find('zoë al.ice')), created);
  const { version, createdAt, updatedAt, ...rest } = created;
  assert.deepEqual(rest, { ...input, groups: ['admins', 'staff'] });
  assert.ok(version > 0);
  assert.match(createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal(createdAt, updatedAt);
});

test('refuses a second user of a name, an unknown group, and more groups than there may be', async (t) => {
  const { store, sql } = await openStore(t);
  await store.write(context, (unit) => unit.users.create(userInput('alice')));
  await assert.rejects(
    store.write(context, (unit) => unit.users.create(userInput('alice'))),
    AlreadyExistsError,
  );
  await assert.rejects(
    store.write(context, (unit) => unit.users.create(userInput('bob', { groups: ['nowhere'] }))),
    (error: unknown) => error instanceof UnknownReferenceError && error.resource === 'nowhere',
  );
  await sql(`INSERT INTO groups (name) SELECT 'g' || n FROM generate_series(1, 65) AS n`);
  const groups = Array.from({ length: 65 }, (_, index) => `g${index + 1}`);
  await assert.rejects(
    store.write(context, (unit) => unit.users.create(userInput('carol', { groups }))),
    LimitExceededError,
  );
  await store.write(context, (unit) => unit.users.create(userInput('carol', { groups: groups.slice(1) })));
  assert.equal(await store.read((unit) => unit.users.find('bob')), null);
});

test('changes only with the version that was read', async (t) => {
  const { store } = await openStore(t);
  const first = await store.write(context, (unit) => unit.users.create(userInput('alice')));
  const second = await store.write(context, (unit) =>
    unit.users.update('alice', { quota: { connections: 3 } }, first.version),
  );
  assert.notEqual(second.version, first.version);
  assert.deepEqual(second.quota, { connections: 3 });
  await assert.rejects(
    store.write(context, (unit) => unit.users.update('alice', { enabled: false }, first.version)),
    (error: unknown) => error instanceof VersionMismatchError && error.currentVersion === second.version,
  );
  await assert.rejects(
    store.write(context, (unit) => unit.users.delete('alice', first.version)),
    VersionMismatchError,
  );
  await assert.rejects(
    store.write(context, (unit) => unit.users.update('nobody', {}, null)),
    NotFoundError,
  );
});

test('leaves a user alone that a change would not change', async (t) => {
  const opened = await openStore(t);
  const { store, sql } = opened;
  const user = await store.write(context, (unit) => unit.users.create(userInput('alice')));
  const before = await generationOf(opened, 'alice');
  assert.deepEqual(await store.write(context, (unit) => unit.users.update('alice', { enabled: true }, null)), user);
  assert.equal(await generationOf(opened, 'alice'), before);
  assert.equal((await sql('SELECT * FROM audit_log')).length, 1);
});

test('never lets a generation or a version of a name come again', async (t) => {
  const opened = await openStore(t);
  const { store } = opened;
  const generations: number[] = [];
  const versions: number[] = [];
  for (let round = 0; round < 3; round++) {
    const user = await store.write(context, (unit) => unit.users.create(userInput('alice')));
    versions.push(user.version);
    generations.push(await generationOf(opened, 'alice'));
    await store.write(context, (unit) => unit.users.delete('alice', null));
    generations.push(await generationOf(opened, 'alice'));
  }
  assert.deepEqual(
    generations,
    generations.toSorted((a, b) => a - b),
  );
  assert.equal(new Set([...generations]).size, 6);
  assert.equal(new Set(versions).size, 3);
});

test('deletes a user with all that is its own, and remembers that it was there', async (t) => {
  const { store, sql } = await openStore(t);
  await store.write(context, async (unit) => {
    await unit.groups.create(groupInput('staff'));
    await unit.users.create(userInput('alice', { groups: ['staff'] }));
    await unit.credentials.create('alice', { verifier: { kind: 'scrypt', text: scryptText }, notAfter: null });
    await unit.aclRules.create(ruleInput({ user: 'alice' }));
  });
  await store.write(context, (unit) => unit.users.delete('alice', null));
  const counts = await sql(
    `SELECT (SELECT count(*)::int FROM users) AS users, (SELECT count(*)::int FROM memberships) AS memberships,
            (SELECT count(*)::int FROM credentials) AS credentials, (SELECT count(*)::int FROM acl_rules) AS rules,
            (SELECT count(*)::int FROM deleted_users) AS deleted`,
  );
  assert.deepEqual(counts, [{ users: 0, memberships: 0, credentials: 0, rules: 0, deleted: 1 }]);
  assert.equal(await store.read((unit) => unit.users.find('alice')), null);
});

test('writes who did what, before and after, in the order it was done', async (t) => {
  const { store } = await openStore(t);
  const created = await store.write({ actor: 'key1', requestId: 'r1' }, (unit) =>
    unit.users.create(userInput('alice')),
  );
  const updated = await store.write({ actor: 'key2', requestId: 'r2' }, (unit) =>
    unit.users.update('alice', { enabled: false }, null),
  );
  await store.write({ actor: 'key3', requestId: 'r3' }, (unit) => unit.users.delete('alice', null));
  const { rows } = await store.read((unit) =>
    unit.audit.list({ kind: 'User', name: 'alice' }, { after: null, limit: 10 }),
  );
  const seen = rows.map(({ id: _id, at: _at, ...rest }) => rest);
  const subject = { kind: 'User', name: 'alice' };
  assert.deepEqual(seen, [
    {
      actor: 'key3',
      requestId: 'r3',
      action: 'Deleted',
      ...subject,
      before: { ...updated, credentials: [], rules: [] },
      after: null,
    },
    { actor: 'key2', requestId: 'r2', action: 'Updated', ...subject, before: created, after: updated },
    { actor: 'key1', requestId: 'r1', action: 'Created', ...subject, before: null, after: created },
  ]);
});

test('leaves nothing behind of a unit that failed later', async (t) => {
  const { store, sql } = await openStore(t);
  await assert.rejects(
    store.write(context, async (unit) => {
      await unit.users.create(userInput('alice'));
      throw new Error('later');
    }),
    /later/,
  );
  const left = await sql(
    'SELECT name FROM users UNION ALL SELECT name FROM audit_log UNION ALL SELECT user_name FROM outbox',
  );
  assert.deepEqual(left, []);
});

test('pages through all users once, in order, while others come and go', async (t) => {
  const { store, sql } = await openStore(t);
  await sql(
    `INSERT INTO users (name, enabled, destinations, on_revoke) SELECT 'u' || lpad(n::text, 4, '0'), true, 'Public', 'Keep' FROM generate_series(0, 999, 2) AS n`,
  );
  const seen: string[] = [];
  let after: string | null = null;
  for (let round = 0; ; round++) {
    const page: { rows: readonly User[]; next: string | null } = await store.read((unit) =>
      unit.users.list({}, { after, limit: 37 }),
    );
    assert.ok(page.rows.length <= 37);
    seen.push(...page.rows.map(({ name }) => name));
    if (page.next === null) break;
    after = page.next;
    await store.write(context, (unit) => unit.users.create(userInput(`u0001x${round}`)));
    await store.write(context, (unit) => unit.users.delete(`u0001x${round}`, null));
    if (round === 5) await store.write(context, (unit) => unit.users.create(userInput('u0999')));
  }
  const expected = Array.from({ length: 500 }, (_, index) => `u${String(index * 2).padStart(4, '0')}`);
  assert.deepEqual(seen, [...expected, 'u0999']);
});

test('finds users by group, state, destinations and the beginning of the name', async (t) => {
  const { store } = await openStore(t);
  await store.write(context, async (unit) => {
    await unit.groups.create(groupInput('staff'));
    await unit.users.create(userInput('anna', { groups: ['staff'] }));
    await unit.users.create(userInput('anton', { enabled: false }));
    await unit.users.create(userInput('berta', { destinations: 'Rules', groups: ['staff'] }));
    await unit.users.create(userInput('an%a'));
  });
  const names = async (filter: UserFilter): Promise<string[]> => {
    const { rows } = await store.read((unit) => unit.users.list(filter, { after: null, limit: 100 }));
    return rows.map(({ name }) => name);
  };
  assert.deepEqual(await names({ namePrefix: 'an' }), ['an%a', 'anna', 'anton']);
  assert.deepEqual(await names({ namePrefix: 'an%' }), ['an%a']);
  assert.deepEqual(await names({ group: 'staff' }), ['anna', 'berta']);
  assert.deepEqual(await names({ group: 'staff', destinations: 'Rules' }), ['berta']);
  assert.deepEqual(await names({ enabled: false }), ['anton']);
});

test('has bounds of its own on every field', async (t) => {
  const { store } = await openStore(t);
  const refused: [Parameters<typeof userInput>, string][] = [
    [['a:b'], 'users_name_bounds'],
    [['tab\tname'], 'users_name_bounds'],
    [['é'.repeat(128)], 'users_name_bounds'],
    [['zero', { quota: { connections: 0 } }], 'users_quota_bounds'],
    [['many', { quota: { connections: 1_000_001 } }], 'users_quota_bounds'],
    [['mode', { destinations: 'Some' as 'Rules' }], 'users_destinations_bounds'],
    [['revoke', { onRevoke: 'Maybe' as 'Keep' }], 'users_on_revoke_bounds'],
    [['nul\0'], '22021'],
  ];
  for (const [input, constraint] of refused) {
    await assert.rejects(
      store.write(context, (unit) => unit.users.create(userInput(...input))),
      (error: unknown) => error instanceof InvalidValueError && error.constraint === constraint,
      constraint,
    );
  }
  await store.write(context, (unit) => unit.users.create(userInput('é'.repeat(127))));
});

test('loses no update when many change one user at the same time', async (t) => {
  const { store, openAnother } = await openStore(t);
  await store.write(context, (unit) => unit.users.create(userInput('alice', { quota: { connections: 1 } })));
  const stores = [store, openAnother().store, openAnother().store];
  let conflicts = 0;
  const increment = async (index: number): Promise<void> => {
    const target = stores[index % stores.length] ?? store;
    for (;;) {
      const user = await target.read((unit) => unit.users.find('alice'));
      assert.ok(user?.quota);
      const quota = { connections: user.quota.connections + 1 };
      try {
        await target.write(context, (unit) => unit.users.update('alice', { quota }, user.version));
        return;
      } catch (error) {
        assert.ok(error instanceof VersionMismatchError, String(error));
        conflicts += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: 40 }, (_, index) => increment(index)));
  const user = await store.read((unit) => unit.users.find('alice'));
  assert.deepEqual(user?.quota, { connections: 41 });
  assert.ok(conflicts > 0, 'nothing was done at the same time');
  const { rows } = await store.read((unit) => unit.audit.list({ name: 'alice' }, { after: null, limit: 100 }));
  assert.equal(rows.length, 41);
});

test('lets one of many that create the same user win', async (t) => {
  const { store, openAnother } = await openStore(t);
  const stores = [store, openAnother().store];
  const outcomes = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) =>
      (stores[index % 2] ?? store).write(context, (unit) => unit.users.create(userInput('alice'))),
    ),
  );
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
  assert.equal(refused.length, 19);
  for (const { reason } of refused) assert.ok(reason instanceof AlreadyExistsError, String(reason));
});
