import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import { startMaintenance } from '../../src/database/maintenance.ts';
import { context, prepareStores, userInput } from '../repositories/open-store.ts';
import { keepLog } from './quiet-logger.ts';

const openStore = await prepareStores(await startPostgres({ after }));

test('removes what has had its time, and nothing else', async (t) => {
  const { store, sql, database } = await openStore(t);
  await store.claimIdempotency({ client: 'c', key: 'fresh', content: [] });
  await sql(`INSERT INTO idempotency_keys (client, key, fingerprint, token, created_at)
             SELECT 'c', 'old' || n, decode(repeat('00', 32), 'hex'), 't', now() - interval '25 hours' FROM generate_series(1, 2500) AS n`);
  await store.write(context, (unit) => unit.users.create(userInput('gone')));
  await store.write(context, (unit) => unit.users.delete('gone', null));
  await sql(
    `INSERT INTO deleted_users (name, generation, deleted_at) VALUES ('long ago', 1, now() - interval '31 days')`,
  );
  const maintenance = startMaintenance(3_600_000, { database, logger: keepLog().logger });
  t.after(() => maintenance.close());
  assert.equal(await maintenance.run(), 2_501);
  assert.deepEqual(await sql('SELECT key FROM idempotency_keys'), [{ key: 'fresh' }]);
  assert.deepEqual(await sql('SELECT name FROM deleted_users'), [{ name: 'gone' }]);
  assert.equal(await maintenance.run(), 0);
});
