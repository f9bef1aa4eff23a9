import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readImportLine } from '../../src/http/import-lines.ts';

const bcrypt = '$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy';
const argon2id = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g';

function pointersOf(line: unknown): readonly string[] {
  const read = readImportLine(JSON.stringify(line));
  return read.kind === 'Refused' ? read.errors.map(({ pointer }) => pointer) : [];
}

test('a user line becomes a row with every default in place', () => {
  assert.deepEqual(readImportLine('{"kind":"User","user":{"name":"alice"}}'), {
    kind: 'Row',
    row: {
      kind: 'User',
      user: {
        name: 'alice',
        enabled: true,
        destinations: 'Public',
        groups: [],
        quota: null,
        onRevoke: 'Keep',
        managedBy: null,
      },
      credentials: null,
    },
  });
});

test('an empty list of credentials is not the same as none given', () => {
  const read = readImportLine('{"kind":"User","user":{"name":"alice"},"credentials":[]}');
  assert.ok(read.kind === 'Row' && read.row.kind === 'User');
  assert.deepEqual(read.row.credentials, []);
});

test('rules between fields hold in lines too', () => {
  const user = { kind: 'User', user: { name: 'alice' } };
  assert.deepEqual(pointersOf({ ...user, credentials: [{}] }), ['/credentials/0']);
  assert.deepEqual(pointersOf({ ...user, credentials: [{ bcrypt, argon2id }] }), ['/credentials/0']);
  assert.deepEqual(pointersOf({ kind: 'User', user: { name: '..' } }), ['/user/name']);
  assert.deepEqual(pointersOf({ kind: 'AclRule', rule: { user: 'a', group: 'b' } }), ['/rule']);
  assert.deepEqual(pointersOf({ kind: 'AclRule', rule: {} }), ['/rule']);
  assert.deepEqual(pointersOf({ kind: 'Nothing' }), ['/kind']);
  assert.deepEqual(pointersOf(null), ['/kind']);
});

test('any text is a row or refused, never an exception, and no message repeats a secret', () => {
  const canary = 'hunter2canary';
  const line = fc.oneof(fc.string(), fc.json(), fc.constant(`{"kind":"User","password":"${canary}"}`));
  fc.assert(
    fc.property(line, (text) => {
      const read = readImportLine(text);
      assert.ok(!JSON.stringify(read).includes(canary));
    }),
  );
});
