import assert from 'node:assert/strict';
import { argon2Sync } from 'node:crypto';
import { test } from 'node:test';
import { parseArgon2idVerifier } from '@sluice/contract/argon2id-verifier.ts';
import { createPasswordHasher, PasswordHashingBusyError } from '../../src/credentials/password-hasher.ts';

test('makes a verifier that the contract reads and that the password fits', async () => {
  const { kind, text } = await createPasswordHasher().hash('correct horse – battery');
  assert.equal(kind, 'argon2id');
  const parsed = parseArgon2idVerifier(text);
  assert.ok(parsed.kind === 'valid');
  const { memoryKib, passes, parallelism, salt, hash } = parsed.value;
  assert.deepEqual([memoryKib, passes, parallelism], [19_456, 2, 1]);
  const again = argon2Sync('argon2id', {
    message: 'correct horse – battery',
    nonce: Buffer.from(salt, 'base64'),
    memory: memoryKib,
    passes,
    parallelism,
    tagLength: 32,
  });
  assert.equal(again.toString('base64').replace(/=+$/, ''), hash);
});

test('gives the same password another salt each time', async () => {
  const hasher = createPasswordHasher();
  const [first, second] = await Promise.all([hasher.hash('same'), hasher.hash('same')]);
  assert.notEqual(first.text, second.text);
});

test('refuses what would wait behind a full line, and goes on afterwards', async () => {
  const hasher = createPasswordHasher({ maxRunning: 1, maxWaiting: 2 });
  const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => hasher.hash('password')));
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    [...Array.from({ length: 3 }, () => 'fulfilled'), ...Array.from({ length: 3 }, () => 'rejected')],
  );
  const [refused] = outcomes.slice(3);
  assert.ok(refused?.status === 'rejected' && refused.reason instanceof PasswordHashingBusyError);
  assert.ok(!String(refused.reason).includes('password '), 'the error repeats the password');
  await hasher.hash('password');
});
