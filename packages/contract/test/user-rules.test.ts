import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findUserBreaches, type ReadableUserSpec } from '../src/user-rules.ts';

function said(user: ReadableUserSpec): readonly string[] {
  return findUserBreaches(user).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

test('a user has a password, credentials or both, each of one algorithm', () => {
  assert.deepEqual(said({ password: { scrypt: 'x' } }), []);
  assert.deepEqual(said({ credentials: [] }), []);
  assert.deepEqual(said({ password: { argon2id: 'x' }, credentials: [{ bcrypt: 'x', notAfter: 'y' }] }), []);
  assert.deepEqual(said({}), [': has neither password nor credentials']);
  assert.deepEqual(said({ password: {} }), ['password: has none of scrypt, argon2id and bcrypt']);
  assert.deepEqual(said({ password: { scrypt: 'x', bcrypt: 'y' } }), ['password: has scrypt and bcrypt']);
  assert.deepEqual(said({ credentials: [{ scrypt: 'x' }, { notAfter: 'y' }, { scrypt: 'x', argon2id: 'y' }] }), [
    'credentials.1: has none of scrypt, argon2id and bcrypt',
    'credentials.2: has scrypt and argon2id',
  ]);
});

test('what could not be read is there all the same', () => {
  assert.deepEqual(said({ password: undefined }), []);
  assert.deepEqual(said({ credentials: [undefined] }), []);
  assert.deepEqual(said({ password: { scrypt: undefined } }), []);
});
