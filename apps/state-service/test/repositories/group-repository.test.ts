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
import { context, groupInput, type OpenStore, prepareStores, ruleInput, userInput } from './open-store.ts';

const openStore = await prepareStores(await startPostgres({ after }));

/** Names that the outbox has rows for since it was looked at last. */
async function touched({ sql }: OpenStore): Promise<readonly string[]> {
  const rows = await sql('DELETE FROM outbox RETURNING user_name');
  return rows.map((row) => String(row['user_name'])).toSorted();
}

async function makeStaff({ store, sql }: OpenStore): Promise<void> {
  await store.write(context, async (unit) => {
    await unit.groups.create(groupInput('staff', { description: 'who works here' }));
    await unit.users.create(userInput('anna', { groups: ['staff'] }));
    await unit.users.create(userInput('berta', { groups: ['staff'] }));
    await unit.users.create(userInput('carol'));
  });
  await sql('DELETE FROM outbox');
}

test('touches every member, and nobody else, when what a group gives is changed', async (t) => {
  const opened = await openStore(t);
  const { store } = opened;
  await makeStaff(opened);
  await store.write(context, (unit) => unit.groups.update('staff', { quota: { connections: 3 } }, null));
  assert.deepEqual(await touched(opened), ['anna', 'berta']);
  await store.write(context, (unit) => unit.groups.update('staff', { description: null }, null));
  assert.deepEqual(await touched(opened), [], 'a description is not published');
  const rule = await store.write(context, (unit) => unit.aclRules.create(ruleInput({ group: 'staff' })));
  assert.deepEqual(await touched(opened), ['anna', 'berta']);
  await store.write(context, (unit) => unit.aclRules.update(rule.id, { ports: [22] }, rule.version));
  assert.deepEqual(await touched(opened), ['anna', 'berta']);
  await store.write(context, (unit) => unit.aclRules.delete(rule.id, null));
  assert.deepEqual(await touched(opened), ['anna', 'berta']);
});

test('takes its members and rules out when it is deleted, which gives the members another version', async (t) => {
  const opened = await openStore(t);
  const { store } = opened;
  await makeStaff(opened);
  const rule = await store.write(context, (unit) => unit.aclRules.create(ruleInput({ group: 'staff' })));
  const before = await store.read((unit) => unit.users.find('anna'));
  await touched(opened);
  await store.write(context, (unit) => unit.groups.delete('staff', null));
  assert.deepEqual(await touched(opened), ['anna', 'berta']);
  const after = await store.read((unit) => unit.users.find('anna'));
  assert.deepEqual(after?.groups, []);
  assert.notEqual(after.version, before?.version);
  assert.equal(await store.read((unit) => unit.aclRules.find(rule.id)), null);
  const { rows } = await store.read((unit) => unit.audit.list({ kind: 'Group' }, { after: null, limit: 1 }));
  assert.equal(rows[0]?.before?.['members'], 2);
});

test('refuses what is there, what is not there, what was changed, and what has a wrong name', async (t) => {
  const opened = await openStore(t);
  const { store } = opened;
  await makeStaff(opened);
  const staff = await store.read((unit) => unit.groups.find('staff'));
  assert.ok(staff);
  await assert.rejects(
    store.write(context, (unit) => unit.groups.create(groupInput('staff'))),
    AlreadyExistsError,
  );
  await assert.rejects(
    store.write(context, (unit) => unit.groups.update('none', {}, null)),
    NotFoundError,
  );
  await assert.rejects(
    store.write(context, (unit) => unit.groups.update('staff', { quota: null }, staff.version + 1)),
    VersionMismatchError,
  );
  for (const name of ['', '-a', 'a b', 'a'.repeat(254), 'ä']) {
    await assert.rejects(
      store.write(context, (unit) => unit.groups.create(groupInput(name))),
      InvalidValueError,
      name,
    );
  }
});

test('keeps a user within the rules a proxy takes, in number and in size', async (t) => {
  const { store } = await openStore(t);
  await store.write(context, async (unit) => {
    await unit.groups.create(groupInput('staff'));
    await unit.groups.create(groupInput('many'));
    await unit.users.create(userInput('anna', { groups: ['staff'] }));
    for (let index = 0; index < 200; index++) await unit.aclRules.create(ruleInput({ user: 'anna' }));
    for (let index = 0; index < 56; index++) await unit.aclRules.create(ruleInput({ group: 'staff' }));
  });
  const refusal = (error: unknown): boolean => error instanceof LimitExceededError && error.limit === 'RulesPerUser';
  await assert.rejects(
    store.write(context, (unit) => unit.aclRules.create(ruleInput({ user: 'anna' }))),
    refusal,
  );
  await assert.rejects(
    store.write(context, (unit) => unit.aclRules.create(ruleInput({ group: 'staff' }))),
    refusal,
  );
  await store.write(context, (unit) => unit.aclRules.create(ruleInput({ group: 'many' })));
  await assert.rejects(
    store.write(context, (unit) => unit.users.update('anna', { groups: ['staff', 'many'] }, null)),
    refusal,
  );
  const domains = Array.from({ length: 1024 }, (_, index) => `${String(index).padStart(200, 'a')}.example`);
  await store.write(context, (unit) => unit.users.create(userInput('berta')));
  await store.write(context, (unit) => unit.aclRules.create(ruleInput({ user: 'berta' }, { domains })));
  await assert.rejects(
    store.write(context, (unit) => unit.aclRules.create(ruleInput({ user: 'berta' }, { domains }))),
    (error: unknown) => error instanceof LimitExceededError && error.limit === 'RuleBytesPerUser',
  );
});

test('gives rules bounds and a subject', async (t) => {
  const { store } = await openStore(t);
  await store.write(context, (unit) => unit.users.create(userInput('anna')));
  const subject = { user: 'anna' } as const;
  const refused = [
    { domains: [] },
    { domains: [''] },
    { domains: ['a'.repeat(257)] },
    { domains: Array.from({ length: 1025 }, () => 'a') },
    { cidrs: ['1'.repeat(50)] },
    { ports: [0] },
    { ports: [65_536] },
    { ports: [] },
    { comment: '' },
    { comment: 'x'.repeat(1025) },
  ];
  for (const fields of refused) {
    await assert.rejects(
      store.write(context, (unit) => unit.aclRules.create(ruleInput(subject, fields))),
      InvalidValueError,
      JSON.stringify(fields).slice(0, 60),
    );
  }
  await assert.rejects(
    store.write(context, (unit) => unit.aclRules.create(ruleInput({ user: 'nobody' }))),
    (error: unknown) => error instanceof UnknownReferenceError && error.kind === 'User',
  );
  await assert.rejects(
    store.write(context, (unit) => unit.aclRules.create(ruleInput({ group: 'nobody' }))),
    (error: unknown) => error instanceof UnknownReferenceError && error.kind === 'Group',
  );
  await assert.rejects(
    store.write(context, (unit) => unit.aclRules.delete('none', null)),
    NotFoundError,
  );
  const rule = await store.write(context, (unit) => unit.aclRules.create(ruleInput(subject, { comment: 'why' })));
  assert.deepEqual(await store.read((unit) => unit.aclRules.find(rule.id)), rule);
  const { rows } = await store.read((unit) => unit.aclRules.list({ user: 'anna' }, { after: null, limit: 10 }));
  assert.deepEqual(rows, [rule]);
});
