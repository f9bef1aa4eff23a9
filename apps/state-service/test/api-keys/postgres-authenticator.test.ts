import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import { encodeSecret, formatKey, parseKey } from '@sluice/runtime/api-key-text.ts';
import { LastUseRecorder } from '../../src/api-keys/last-use-recorder.ts';
import { Pepper } from '../../src/api-keys/pepper.ts';
import { createPostgresAuthenticator } from '../../src/api-keys/postgres-authenticator.ts';
import { Database } from '../../src/database/database.ts';
import { defaultDatabaseConfig } from '../../src/database/database-config.ts';
import { DatabaseUnavailableError } from '../../src/database/database-error.ts';
import type { ApiKeyInput } from '../../src/domain/api-key.ts';
import {
  InvalidValueError,
  LimitExceededError,
  NotFoundError,
  VersionMismatchError,
} from '../../src/domain/state-error.ts';
import { context, type OpenStore, pepper, prepareStores } from '../repositories/open-store.ts';

const openStore = await prepareStores(await startPostgres({ after }));
const input: ApiKeyInput = { client: 'ops', scopes: ['users:read'], expiresAt: null, comment: null };

function authenticatorOf(
  { database }: Pick<OpenStore, 'database'>,
  options: { readonly pepper?: Pepper; readonly nowMs?: number } = {},
) {
  const lastUse = new LastUseRecorder(database, { flushEveryMs: 3_600_000, maxKeys: 2 });
  const nowMs = (): number => options.nowMs ?? Date.now();
  const authenticator = createPostgresAuthenticator({ database, pepper: options.pepper ?? pepper, lastUse, nowMs });
  return { lastUse, authenticate: (text: string) => authenticator.authenticate(text) };
}

test('knows the key that was made, and keeps only its MAC', async (t) => {
  const opened = await openStore(t);
  const { apiKey, secret } = await opened.store.write(context, (unit) => unit.apiKeys.create(input));
  const result = await authenticatorOf(opened).authenticate(secret);
  assert.deepEqual(result, { kind: 'Accepted', apiKey });
  const parsed = parseKey(secret);
  assert.ok(parsed.kind === 'Key');
  const rows = await opened.sql('SELECT * FROM api_keys');
  const [row] = rows;
  assert.ok(Buffer.isBuffer(row?.['mac']) && row['mac'].length === 32);
  const dump = JSON.stringify([rows, await opened.sql('SELECT * FROM audit_log')]);
  assert.ok(!dump.includes(parsed.parts.secret), 'the secret is in the database');
});

test('refuses malformed, mistyped, unknown, foreign, revoked and expired keys, each for its reason', async (t) => {
  const opened = await openStore(t);
  const { store } = opened;
  const { apiKey, secret } = await store.write(context, (unit) => unit.apiKeys.create(input));
  const { authenticate } = authenticatorOf(opened);
  const { id } = apiKey;
  const other = encodeSecret(randomBytes(32));
  const checksumOff = `${secret.slice(0, -1)}${secret.endsWith('x') ? 'y' : 'x'}`;
  assert.deepEqual(await authenticate('Bearer nothing'), { kind: 'Refused', reason: 'Malformed', id: null });
  assert.deepEqual(await authenticate(checksumOff), { kind: 'Refused', reason: 'WrongChecksum', id });
  const unknown = await authenticate(formatKey({ id: 'A'.repeat(16), secret: other }));
  assert.deepEqual(unknown, { kind: 'Refused', reason: 'UnknownKey', id: 'A'.repeat(16) });
  assert.deepEqual(await authenticate(formatKey({ id, secret: other })), {
    kind: 'Refused',
    reason: 'WrongSecret',
    id,
  });
  const stranger = authenticatorOf(opened, { pepper: new Pepper(Buffer.alloc(32, 'other')) });
  assert.deepEqual(await stranger.authenticate(secret), { kind: 'Refused', reason: 'WrongSecret', id });
  await store.write(context, (unit) => unit.apiKeys.revoke(id, null));
  assert.deepEqual(await authenticate(secret), { kind: 'Refused', reason: 'Revoked', id });
  const expiresAt = '2030-01-01T00:00:00.000Z';
  const expiring = await store.write(context, (unit) => unit.apiKeys.create({ ...input, expiresAt }));
  const at = (nowMs: number) => authenticatorOf(opened, { nowMs }).authenticate(expiring.secret);
  assert.equal((await at(Date.parse(expiresAt) - 1)).kind, 'Accepted');
  const expired = await at(Date.parse(expiresAt));
  assert.deepEqual(expired, { kind: 'Refused', reason: 'Expired', id: expiring.apiKey.id });
});

test('asks the database nothing for a key that cannot be one', async () => {
  const connectionString = 'postgres://nobody@127.0.0.1:1/nowhere';
  const database = new Database({ ...defaultDatabaseConfig, connectionString }, { nowMs: () => performance.now() });
  const { authenticate } = authenticatorOf({ database });
  const text = formatKey({ id: 'A'.repeat(16), secret: encodeSecret(randomBytes(32)) });
  assert.equal((await authenticate('slc_garbage')).kind, 'Refused');
  assert.equal((await authenticate(text.slice(0, -1))).kind, 'Refused');
  await assert.rejects(authenticate(text), DatabaseUnavailableError);
});

test('lets a client have two live keys, also when it asks for many at once', async (t) => {
  const { store } = await openStore(t);
  const outcomes = await Promise.allSettled(
    Array.from({ length: 6 }, () => store.write(context, (unit) => unit.apiKeys.create(input))),
  );
  const made = outcomes.filter((outcome) => outcome.status === 'fulfilled');
  assert.equal(made.length, 2);
  for (const outcome of outcomes) {
    assert.ok(outcome.status === 'fulfilled' || outcome.reason instanceof LimitExceededError);
  }
  const [first] = made;
  assert.ok(first);
  await store.write(context, (unit) => unit.apiKeys.revoke(first.value.apiKey.id, null));
  await store.write(context, (unit) => unit.apiKeys.create(input));
  const { rows } = await store.read((unit) =>
    unit.apiKeys.list({ client: 'ops', liveOnly: true }, { after: null, limit: 10 }),
  );
  assert.equal(rows.length, 2);
});

test('revokes once, with the version that was read', async (t) => {
  const { store } = await openStore(t);
  const { apiKey } = await store.write(context, (unit) => unit.apiKeys.create(input));
  await assert.rejects(
    store.write(context, (unit) => unit.apiKeys.revoke(apiKey.id, apiKey.version + 1)),
    VersionMismatchError,
  );
  const revoked = await store.write(context, (unit) => unit.apiKeys.revoke(apiKey.id, apiKey.version));
  assert.deepEqual(await store.write(context, (unit) => unit.apiKeys.revoke(apiKey.id, null)), revoked);
  await assert.rejects(
    store.write(context, (unit) => unit.apiKeys.revoke('none', null)),
    NotFoundError,
  );
  for (const wrong of [{ client: 'a b' }, { client: '' }, { scopes: [] }, { comment: 'x'.repeat(1025) }]) {
    await assert.rejects(
      store.write(context, (unit) => unit.apiKeys.create({ ...input, ...wrong })),
      InvalidValueError,
    );
  }
});

test('writes the last use some time later, for as many keys as fit', async (t) => {
  const opened = await openStore(t);
  const { store, sql } = opened;
  const made = await store.write(context, async (unit) => {
    const keys = [];
    for (const client of ['a', 'b', 'c']) keys.push(await unit.apiKeys.create({ ...input, client }));
    return keys;
  });
  const { lastUse, authenticate } = authenticatorOf(opened);
  for (const { secret } of made) await authenticate(secret);
  for (const { secret } of made.slice(0, 2)) await authenticate(secret);
  assert.equal(lastUse.dropped, 1);
  const used = (): Promise<readonly Record<string, unknown>[]> =>
    sql('SELECT client FROM api_keys WHERE last_used_at IS NOT NULL ORDER BY 1');
  assert.deepEqual(await used(), []);
  await lastUse.close();
  assert.deepEqual(await used(), [{ client: 'a' }, { client: 'b' }]);
});
