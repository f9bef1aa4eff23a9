import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import { context, prepareStores, userInput } from './open-store.ts';

const openStore = await prepareStores(await startPostgres({ after }));

test('can only grow', async (t) => {
  const { store, sql } = await openStore(t);
  await store.write(context, (unit) => unit.users.create(userInput('alice')));
  for (const statement of [`UPDATE audit_log SET actor = 'nobody'`, 'DELETE FROM audit_log', 'TRUNCATE audit_log']) {
    await assert.rejects(sql(statement), /append-only/, statement);
  }
  assert.equal((await sql('SELECT 1 FROM audit_log')).length, 1);
});

test('is read newest first, in pages, by who, what, which request and when', async (t) => {
  const { store } = await openStore(t);
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    const by = { actor: name < 'c' ? 'early' : 'late', requestId: `request-${name}` };
    await store.write(by, (unit) => unit.users.create(userInput(name)));
  }
  const names = async (filter: object, after: string | null = null, limit = 10): Promise<(string | null)[]> => {
    const page = await store.read((unit) => unit.audit.list(filter, { after, limit }));
    return [...page.rows.map(({ name }) => name), page.next];
  };
  const [first, second, next] = await names({}, null, 2);
  assert.deepEqual([first, second], ['e', 'd']);
  assert.ok(next !== undefined && next !== null);
  assert.deepEqual(await names({}, next), ['c', 'b', 'a', null]);
  assert.deepEqual(await names({ actor: 'early' }), ['b', 'a', null]);
  assert.deepEqual(await names({ requestId: 'request-d' }), ['d', null]);
  assert.deepEqual(await names({ kind: 'Group' }), [null]);
  const { rows } = await store.read((unit) => unit.audit.list({ name: 'c' }, { after: null, limit: 1 }));
  const at = rows[0]?.at ?? '';
  assert.ok((await names({ since: at })).includes('c'));
  assert.ok(!(await names({ until: at })).includes('c'));
});
