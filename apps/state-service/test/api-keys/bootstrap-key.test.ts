import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import {
  addBootstrapKey,
  addOperatorKey,
  BootstrapKeyError,
  makeBootstrapKey,
} from '../../src/api-keys/bootstrap-key.ts';
import { encodeSecret, formatKey } from '@sluice/runtime/api-key-text.ts';
import { LastUseRecorder } from '../../src/api-keys/last-use-recorder.ts';
import { Pepper } from '../../src/api-keys/pepper.ts';
import { readOrMakePepper, readPepper } from '../../src/api-keys/pepper-file.ts';
import { createPostgresAuthenticator } from '../../src/api-keys/postgres-authenticator.ts';
import { createRandomId } from '../../src/repositories/random-id.ts';
import { context, type OpenStore, pepper, prepareStores } from '../repositories/open-store.ts';

const openStore = await prepareStores(await startPostgres({ after }));
const makeKeyText = (): string => formatKey({ id: createRandomId(), secret: encodeSecret(randomBytes(32)) });

async function scopesOf({ database }: OpenStore, secret: string): Promise<readonly string[]> {
  const lastUse = new LastUseRecorder(database);
  const result = await createPostgresAuthenticator({ database, pepper, lastUse, nowMs: Date.now }).authenticate(secret);
  await lastUse.close();
  return result.kind === 'Accepted' ? result.apiKey.scopes : [];
}

test('makes the first key once, and shows it once', async (t) => {
  const opened = await openStore(t);
  const made = await makeBootstrapKey(opened.store);
  assert.ok(made.kind === 'Created' && made.secret !== null);
  assert.deepEqual(await scopesOf(opened, made.secret), ['admin']);
  assert.deepEqual(await makeBootstrapKey(opened.store), { kind: 'Present' });
  await opened.store.write(context, (unit) => unit.apiKeys.revoke(made.id, null));
  assert.equal((await makeBootstrapKey(opened.store)).kind, 'Created', 'nobody else could let an administrator in');
});

test('takes the key from a file, the same file any number of times', async (t) => {
  const opened = await openStore(t);
  const path = join(await createTemporaryDirectory(t), 'key');
  const text = makeKeyText();
  await writeFile(path, `${text}\n`);
  assert.equal((await addBootstrapKey(opened.store, path)).kind, 'Created');
  assert.deepEqual(await addBootstrapKey(opened.store, path), { kind: 'Present' });
  assert.deepEqual(await scopesOf(opened, text), ['admin']);
  await writeFile(path, makeKeyText());
  assert.equal((await addBootstrapKey(opened.store, path)).kind, 'Created');
  await writeFile(path, makeKeyText());
  await assert.rejects(addBootstrapKey(opened.store, path), /third live one/);
});

test("takes the operator's key from a file, with no more than it needs", async (t) => {
  const opened = await openStore(t);
  const path = join(await createTemporaryDirectory(t), 'key');
  const text = makeKeyText();
  await writeFile(path, `${text}\n`);
  assert.equal((await addOperatorKey(opened.store, path)).kind, 'Created');
  assert.deepEqual(await addOperatorKey(opened.store, path), { kind: 'Present' });
  assert.deepEqual(await scopesOf(opened, text), ['write']);
  await writeFile(path, 'hunter2');
  await assert.rejects(addOperatorKey(opened.store, path), /the operator's key in .* is not an API key/);
});

test('says what is wrong with the file, and repeats nothing of it', async (t) => {
  const { store } = await openStore(t);
  const path = join(await createTemporaryDirectory(t), 'key');
  await assert.rejects(addBootstrapKey(store, path), /cannot read the bootstrap key/);
  const text = makeKeyText();
  for (const wrong of ['hunter2', text.slice(0, -2), `${text.slice(0, -1)}${text.endsWith('0') ? '1' : '0'}`]) {
    await writeFile(path, wrong);
    await assert.rejects(addBootstrapKey(store, path), (error: unknown) => {
      assert.ok(error instanceof BootstrapKeyError);
      assert.ok(!error.message.includes(wrong.slice(0, 20)), error.message);
      return true;
    });
  }
});

test('makes one pepper for all that start at once, readable for its owner alone', async (t) => {
  const directory = join(await createTemporaryDirectory(t), 'secrets');
  const path = join(directory, 'pepper');
  const made = await Promise.all(Array.from({ length: 8 }, () => readOrMakePepper(path)));
  const keys = new Set(made.map((one) => one.keyFor('api-key').toString('hex')));
  assert.equal(keys.size, 1);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(directory), ['pepper']);
  assert.deepEqual((await readPepper(path)).keyFor('api-key'), made[0]?.keyFor('api-key'));
});

test('refuses a pepper that is short or cannot be read', async (t) => {
  const path = join(await createTemporaryDirectory(t), 'pepper');
  await assert.rejects(readPepper(path), /cannot use .*pepper/);
  await writeFile(path, 'short\n');
  await assert.rejects(readPepper(path), /has 5 bytes/);
  const one = new Pepper(Buffer.alloc(32, 'a'));
  assert.notDeepEqual(one.keyFor('api-key'), one.keyFor('idempotent-answer'));
});
