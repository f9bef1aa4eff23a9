import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import type { CredentialInput } from '../../src/domain/credential.ts';
import {
  InvalidValueError,
  LimitExceededError,
  NotFoundError,
  VersionMismatchError,
} from '../../src/domain/state-error.ts';
import { context, prepareStores, scryptText, userInput } from './open-store.ts';

const openStore = await prepareStores(await startPostgres({ after }));
const scrypt: CredentialInput = { verifier: { kind: 'scrypt', text: scryptText }, notAfter: null };
const bcryptText = `$2b$12$${'a'.repeat(53)}`;

test('keeps several credentials of a user in the order they came, and never gives a verifier back', async (t) => {
  const { store, sql } = await openStore(t);
  await store.write(context, (unit) => unit.users.create(userInput('alice')));
  const notAfter = '2030-01-02T03:04:05.000Z';
  const first = await store.write(context, (unit) => unit.credentials.create('alice', scrypt));
  const second = await store.write(context, (unit) =>
    unit.credentials.create('alice', { verifier: { kind: 'bcrypt', text: bcryptText }, notAfter }),
  );
  assert.equal(second.notAfter, notAfter);
  const listed = await store.read((unit) => unit.credentials.list('alice'));
  assert.deepEqual(listed, [first, second]);
  assert.deepEqual(Object.keys(first).toSorted(), ['createdAt', 'id', 'kind', 'notAfter', 'version']);
  const logged = JSON.stringify(await sql('SELECT * FROM audit_log'));
  assert.ok(!logged.includes(scryptText) && !logged.includes(bcryptText), 'a verifier is in the audit log');
  assert.equal((await sql('SELECT 1 FROM outbox')).length, 3);
});

test('takes eight and no more, also of many that come together', async (t) => {
  const { store } = await openStore(t);
  await store.write(context, (unit) => unit.users.create(userInput('alice')));
  const outcomes = await Promise.allSettled(
    Array.from({ length: 12 }, () => store.write(context, (unit) => unit.credentials.create('alice', scrypt))),
  );
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
  assert.equal(refused.length, 4);
  for (const { reason } of refused) assert.ok(reason instanceof LimitExceededError, String(reason));
});

test('replaces all of them at once', async (t) => {
  const { store } = await openStore(t);
  await store.write(context, async (unit) => {
    await unit.users.create(userInput('alice'));
    for (let index = 0; index < 8; index++) await unit.credentials.create('alice', scrypt);
  });
  const after = await store.write(context, (unit) => unit.credentials.replaceAll('alice', [scrypt, scrypt]));
  assert.deepEqual(await store.read((unit) => unit.credentials.list('alice')), after);
  assert.equal(after.length, 2);
  await store.write(context, (unit) => unit.credentials.replaceAll('alice', []));
  assert.deepEqual(await store.read((unit) => unit.credentials.list('alice')), []);
});

test('refuses unknown users and ids, other versions, and texts of another kind', async (t) => {
  const { store } = await openStore(t);
  await assert.rejects(
    store.write(context, (unit) => unit.credentials.create('nobody', scrypt)),
    NotFoundError,
  );
  assert.equal(await store.read((unit) => unit.credentials.list('nobody')), null);
  await store.write(context, (unit) => unit.users.create(userInput('alice')));
  await store.write(context, (unit) => unit.users.create(userInput('bob')));
  const { id, version } = await store.write(context, (unit) => unit.credentials.create('alice', scrypt));
  await assert.rejects(
    store.write(context, (unit) => unit.credentials.delete('bob', id, null)),
    NotFoundError,
  );
  await assert.rejects(
    store.write(context, (unit) => unit.credentials.delete('alice', id, version + 1)),
    VersionMismatchError,
  );
  await store.write(context, (unit) => unit.credentials.delete('alice', id, version));
  const wrong: CredentialInput[] = [
    { verifier: { kind: 'argon2id', text: scryptText }, notAfter: null },
    { verifier: { kind: 'scrypt', text: 'a password in clear' }, notAfter: null },
    { verifier: { kind: 'scrypt', text: `$scrypt$${'a'.repeat(250)}` }, notAfter: null },
  ];
  for (const input of wrong) {
    await assert.rejects(
      store.write(context, (unit) => unit.credentials.create('alice', input)),
      (error: unknown) =>
        error instanceof InvalidValueError &&
        !JSON.stringify(error).includes(input.verifier.text) &&
        error.cause === null,
    );
  }
});
