import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import { Pepper } from '../../src/api-keys/pepper.ts';
import type { IdempotencyClaim, IdempotentRequest, StoredAnswer } from '../../src/domain/idempotency.ts';
import { IdempotencyLostError } from '../../src/domain/state-error.ts';
import { createPostgresStateStore, type PostgresStateStore } from '../../src/repositories/postgres-state-store.ts';
import { context, prepareStores, userInput } from './open-store.ts';

const openStore = await prepareStores(await startPostgres({ after }));
const request: IdempotentRequest = {
  client: 'ops',
  key: 'k-1',
  content: ['POST', '/v1/users', Buffer.from('{"name":"alice"}')],
};
const answer: StoredAnswer = { status: 201, headers: { etag: '"1"' }, body: '{"key":"slc_secret"}' };

async function claim(store: PostgresStateStore): Promise<IdempotencyClaim> {
  const outcome = await store.claimIdempotency(request);
  assert.ok(outcome.kind === 'Claimed', outcome.kind);
  return outcome.claim;
}

test('lets one of many requests with a key through, and answers the others afterwards', async (t) => {
  const { store, openAnother } = await openStore(t);
  const stores = [store, openAnother().store];
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, (_, index) => (stores[index % 2] ?? store).claimIdempotency(request)),
  );
  const kinds = outcomes.map(({ kind }) => kind).toSorted();
  assert.deepEqual(kinds, ['Claimed', ...Array.from({ length: 19 }, () => 'InFlight')]);
  const won = outcomes.find((outcome) => outcome.kind === 'Claimed');
  assert.ok(won);
  await store.write(context, async (unit) => {
    await unit.users.create(userInput('alice'));
    await unit.completeIdempotency(won.claim, answer);
  });
  assert.deepEqual(await store.claimIdempotency(request), { kind: 'Answered', answer });
});

test('refuses the key for another request, of the same client only', async (t) => {
  const { store } = await openStore(t);
  await claim(store);
  const other = { ...request, content: ['POST', '/v1/users', Buffer.from('{"name":"bob"}')] };
  assert.deepEqual(await store.claimIdempotency(other), { kind: 'Mismatch' });
  const joined = { ...request, content: ['POST/v1/users', Buffer.from('{"name":"alice"}')] };
  assert.deepEqual(await store.claimIdempotency(joined), { kind: 'Mismatch' });
  assert.equal((await store.claimIdempotency({ ...other, client: 'another' })).kind, 'Claimed');
});

test('is free again when the work failed, and keeps nothing of it', async (t) => {
  const { store } = await openStore(t);
  const first = await claim(store);
  await assert.rejects(
    store.write(context, async (unit) => {
      await unit.completeIdempotency(first, answer);
      throw new Error('failed');
    }),
    /failed/,
  );
  await store.releaseIdempotency(first);
  await claim(store);
});

test('is taken over when whoever had it is gone; if it comes back after all, it changes nothing', async (t) => {
  const { store, sql } = await openStore(t);
  const slow = await claim(store);
  await sql(`UPDATE idempotency_keys SET claimed_at = now() - interval '91 seconds'`);
  const repeated = await claim(store);
  assert.notEqual(repeated.token, slow.token);
  await store.write(context, async (unit) => {
    await unit.users.create(userInput('alice'));
    await unit.completeIdempotency(repeated, answer);
  });
  await assert.rejects(
    store.write(context, async (unit) => {
      await unit.users.create(userInput('alice-again'));
      await unit.completeIdempotency(slow, answer);
    }),
    IdempotencyLostError,
  );
  await store.releaseIdempotency(slow);
  assert.equal(await store.read((unit) => unit.users.find('alice-again')), null);
  assert.deepEqual(await store.claimIdempotency(request), { kind: 'Answered', answer });
});

test('forgets an answer after a day', async (t) => {
  const { store, sql } = await openStore(t);
  const first = await claim(store);
  await store.write(context, (unit) => unit.completeIdempotency(first, answer));
  await sql(`UPDATE idempotency_keys SET created_at = now() - interval '25 hours'`);
  await claim(store);
});

test('keeps neither the request nor the answer readable in the database', async (t) => {
  const { store, sql, database } = await openStore(t);
  const first = await claim(store);
  await store.write(context, (unit) => unit.completeIdempotency(first, answer));
  const [row] = await sql('SELECT * FROM idempotency_keys');
  const bytes = Object.values(row ?? {}).map((value) =>
    Buffer.isBuffer(value) ? value.toString('latin1') : String(value),
  );
  assert.ok(!bytes.join().includes('slc_secret') && !bytes.join().includes('alice'));
  const otherPepper = new Pepper(Buffer.alloc(32, 'another pepper'));
  const stranger = createPostgresStateStore({ database, pepper: otherPepper, onCommitted: () => {} });
  assert.deepEqual(await stranger.claimIdempotency(request), { kind: 'Mismatch' });
  // An answer that was moved to another key is not believed.
  await sql(`UPDATE idempotency_keys SET client = 'thief', fingerprint = fingerprint`);
  assert.equal((await store.claimIdempotency({ ...request, client: 'thief' })).kind, 'Mismatch');
});
