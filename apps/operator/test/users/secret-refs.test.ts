import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  findRefProblem,
  secretNames,
  type SecretReading,
  type SecretReadings,
  secretVersions,
} from '../../src/users/secret-refs.ts';
import { readSecretText } from '../../src/users/secret-text.ts';
import { scryptVerifier, specOf } from './proxy-user.ts';

const encoded = (text: string): string => Buffer.from(text).toString('base64');

function found(data: Readonly<Record<string, string>>): SecretReading {
  return { kind: 'Found', secret: { metadata: { name: 'pw', uid: 'u', resourceVersion: '5' }, data } };
}

test('a password is what the Secret holds without the line break that editors leave, a verifier is told by its beginning', () => {
  assert.deepEqual(readSecretText(encoded('hunter2\n')), { kind: 'Password', password: 'hunter2' });
  assert.deepEqual(readSecretText(encoded('hunter2\r\n')), { kind: 'Password', password: 'hunter2' });
  assert.deepEqual(readSecretText(encoded(' ü$ ')), { kind: 'Password', password: ' ü$ ' });
  assert.deepEqual(readSecretText(encoded(`${scryptVerifier}\n`)), { kind: 'Verifier', verifier: scryptVerifier });
});

test('what nobody could log in with is refused, and never repeated in the message', () => {
  const bad = [
    '',
    '\n',
    'two\nlines',
    'nul\u0000',
    'x'.repeat(256),
    'ü'.repeat(128),
    '$scrypt$broken-one',
    '$2b$99$broken-one',
  ];
  for (const text of bad) {
    const read = readSecretText(encoded(text));
    assert.equal(read.kind, 'Unusable', JSON.stringify(text));
    if (text.length > 8) assert.ok(!JSON.stringify(read).includes(text));
  }
  assert.equal(readSecretText(Buffer.from([0xff, 0xfe]).toString('base64')).kind, 'Unusable');
});

test('whatever a Secret holds is read without a throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const read = readSecretText(Buffer.from(bytes).toString('base64'));
      if (read.kind === 'Password') assert.ok(Buffer.byteLength(read.password) <= 255 && read.password !== '');
    }),
  );
});

test('every Secret is named once, in the order of the spec, with its version', () => {
  const credentials = ['b', 'pw', 'a'].map((name) => ({ secretRef: { name, key: 'password' } }));
  const spec = specOf({ password: { secretRef: { name: 'pw', key: 'password' } }, credentials });
  assert.deepEqual(secretNames(spec), ['pw', 'b', 'a']);
  const readings: SecretReadings = new Map(secretNames(spec).map((name) => [name, found({})]));
  assert.deepEqual(
    secretVersions(readings).map(({ name, resourceVersion }) => [name, resourceVersion]),
    [
      ['pw', '5'],
      ['b', '5'],
      ['a', '5'],
    ],
  );
});

test('the first reference that cannot be used says why and what to do', () => {
  const spec = specOf({ password: { secretRef: { name: 'pw', key: 'token' } } });
  const problemWith = (reading: SecretReading): unknown => findRefProblem(spec, new Map([['pw', reading]]));
  assert.equal(problemWith(found({ token: encoded('good') })), null);
  assert.match(JSON.stringify(problemWith({ kind: 'Missing' })), /SecretNotFound.*no Secret pw/);
  assert.match(JSON.stringify(problemWith({ kind: 'Forbidden' })), /SecretNotPermitted.*get on secrets/);
  assert.match(JSON.stringify(problemWith(found({ password: encoded('x') }))), /SecretNotFound.*no key token/);
  assert.match(JSON.stringify(problemWith(found({ token: '' }))), /SecretUnusable.*is empty/);
  assert.equal(findRefProblem(specOf(), new Map()), null);
});
