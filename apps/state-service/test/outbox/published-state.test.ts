import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { TruthRecord } from '@sluice/live-config/publisher/truth.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import { OutboxPump } from '../../src/outbox/outbox-pump.ts';
import { createPostgresTruth } from '../../src/outbox/published-state.ts';
import { context, type OpenStore, prepareStores, userInput } from '../repositories/open-store.ts';

const postgres = await startPostgres({ after });
const openStore = await prepareStores(postgres);
const nobodyToTell = (): Promise<void> => Promise.resolve();

/** Each with its row in the outbox. */
async function addUsers({ sql }: OpenStore, count: number): Promise<void> {
  await sql(`INSERT INTO users (name, enabled, destinations, on_revoke)
    SELECT 'user' || i, true, 'Public', 'Keep' FROM generate_series(1000, ${999 + count}) AS i`);
  await sql('INSERT INTO outbox (user_name, generation) SELECT name, generation FROM users');
}

const nameOf = ({ key }: TruthRecord): string => key.slice('users.'.length);

test('lists all users as they were at one moment, whatever changes between the pages', async (t) => {
  const opened = await openStore(t);
  await addUsers(opened, 700);
  const parts = createPostgresTruth(opened.database, nobodyToTell).list()[Symbol.asyncIterator]();
  const first = await parts.next();
  await opened.store.write(context, (unit) => unit.users.delete('user1000', null));
  await opened.store.write(context, (unit) => unit.users.delete('user1699', null));
  await opened.store.write(context, (unit) => unit.users.create(userInput('user1999')));
  const records: TruthRecord[] = first.done === true ? [] : [...first.value];
  for (let part = await parts.next(); part.done !== true; part = await parts.next()) records.push(...part.value);
  assert.equal(records.length, 700);
  assert.ok(records.every(({ spec }) => spec !== null));
  assert.deepEqual([records.map(nameOf).at(0), records.map(nameOf).at(-1)], ['user1000', 'user1699']);
});

test('gives its connection back when a listing is ended in the middle', async (t) => {
  const opened = await openStore(t);
  await addUsers(opened, 600);
  const truth = createPostgresTruth(opened.database, nobodyToTell);
  const { maximum } = opened.database.stats;
  for (let round = 0; round <= maximum; round += 1) {
    const parts = truth.list()[Symbol.asyncIterator]();
    await parts.next();
    await parts.return?.();
  }
  const { open, idle } = opened.database.stats;
  assert.equal(open, idle);
});

test('ends a listing of some users only when their changes have been told', async (t) => {
  const opened = await openStore(t);
  await addUsers(opened, 2);
  const told = Promise.withResolvers<undefined>();
  let isEnded = false;
  const parts = createPostgresTruth(opened.database, () => told.promise).list(['users.user1000', 'users.nobody']);
  const listed = Array.fromAsync(parts).then((found) => {
    isEnded = true;
    return found.flat().map(nameOf);
  });
  await eventually(() => assert.equal(opened.database.stats.idle, opened.database.stats.open));
  assert.equal(isEnded, false);
  told.resolve(undefined);
  assert.deepEqual(await listed, ['user1000']);
});

test('gives a publisher what was committed before it was asked to catch up, all in one', async (t) => {
  const opened = await openStore(t);
  const published: (readonly TruthRecord[])[] = [];
  const pump = new OutboxPump({
    session: { query: () => Promise.resolve([]) },
    database: opened.database,
    publisher: {
      publish: (records) => {
        published.push(records);
        return new Promise(() => {});
      },
    },
    onCovered: () => {},
    onFailed: (reason) => assert.fail(reason),
  });
  t.after(async () => pump.stop());
  // More than a page of the outbox, in one transaction.
  await addUsers(opened, 1_500);
  await pump.catchUp();
  assert.deepEqual(
    published.map(({ length }) => length),
    [1_500],
  );
  assert.equal(pump.handedOver, 1_500);
  pump.stop();
  await assert.rejects(pump.catchUp(), /publishing has ended/);
});

test('does not repair without the right to publish', async (t) => {
  const opened = await openStore(t);
  await addUsers(opened, 1);
  const refuse = (): Promise<void> => Promise.reject(new Error('no right'));
  const list = createPostgresTruth(opened.database, refuse).list(['users.user1000']);
  await assert.rejects(Array.fromAsync(list), /no right/);
});
