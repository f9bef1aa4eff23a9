import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readUser } from '../../src/users/read-user.ts';
import type { SecretReadings } from '../../src/users/secret-refs.ts';
import { userBody } from '../../src/users/user-body.ts';
import { winnerOver } from '../../src/users/user-contest.ts';
import { driftedFields } from '../../src/users/user-drift.ts';
import { proxyUser, scryptVerifier, specOf, storedUser } from './proxy-user.ts';

const keeping = { managedBy: 'sluice-operator/team-a', managedRevision: 'r' };
const none: SecretReadings = new Map();

test('a spec becomes a whole user: absent rules are every public destination, an empty list is none', () => {
  const open = userBody({ spec: specOf({ quota: { connections: 3 } }), readings: none, ...keeping });
  assert.deepEqual(open, {
    ...{ enabled: true, groups: [], destinations: 'Public', rules: [], quota: { connections: 3 }, onRevoke: 'Keep' },
    credentials: [{ verifier: scryptVerifier }],
    ...keeping,
  });
  const closed = userBody({ spec: specOf({ allow: [] }), readings: none, ...keeping });
  assert.deepEqual([closed.destinations, closed.rules], ['Rules', []]);
  const rules = [{ domains: ['a.example'], ports: [443] }, { cidrs: ['10.0.0.0/8'] }];
  assert.deepEqual(userBody({ spec: specOf({ allow: rules }), readings: none, ...keeping }).rules, rules);
});

test('the password comes first, then the credentials, from Secrets as what they hold', () => {
  const data = {
    password: Buffer.from('hunter2').toString('base64'),
    hash: Buffer.from(scryptVerifier).toString('base64'),
  };
  const readings: SecretReadings = new Map([['pw', { kind: 'Found', secret: { metadata: { name: 'pw' }, data } }]]);
  const notAfter = '2027-01-01T00:00:00Z';
  const spec = specOf({
    password: { secretRef: { name: 'pw', key: 'password' } },
    credentials: [{ secretRef: { name: 'pw', key: 'hash' }, notAfter }, { bcrypt: '$2b$12$x' }],
  });
  assert.deepEqual(userBody({ spec, readings, ...keeping }).credentials, [
    { password: 'hunter2' },
    { verifier: scryptVerifier, notAfter },
    { verifier: '$2b$12$x' },
  ]);
});

test('a spec that the state service could not keep is refused with its field', () => {
  assert.deepEqual(readUser(proxyUser({}, specOf())).problems, []);
  const credentials = Array.from({ length: 8 }, () => ({ scrypt: scryptVerifier }));
  assert.match(readUser(proxyUser({}, specOf({ credentials }))).problems.join(), /9 credentials/);
  assert.match(readUser(proxyUser({}, { onRevoke: 'Keep' })).problems.join(), /neither password nor credentials/);
  assert.match(
    readUser(proxyUser({}, specOf({ quota: { connections: 0 } }))).problems.join(),
    /spec\.quota\.connections/,
  );
});

test('the fields that others changed are named in the words of the spec', () => {
  const body = userBody({ spec: specOf(), readings: none, ...keeping, managedBy: 'sluice-operator/team-a' });
  const fieldsOf = (changed: Parameters<typeof storedUser>[0]) => driftedFields(storedUser(changed).user, body);
  assert.deepEqual(fieldsOf({ enabled: false, groups: ['ops'] }), ['enabled', 'groups']);
  assert.deepEqual(fieldsOf({ quota: { connections: 1 }, onRevoke: 'Disconnect' }), ['quota', 'onRevoke']);
  assert.deepEqual(fieldsOf({ destinations: 'Rules' }), ['allow']);
  assert.deepEqual(fieldsOf({ rules: [{ id: 'r', ports: [1] }] }), ['allow']);
  assert.deepEqual(fieldsOf({ credentials: [] }), ['credentials']);
  // What is never read back is all that is left.
  assert.deepEqual(fieldsOf({}), ['credentials']);
});

test('of objects of one name the oldest is the user, whatever the order they are seen in', () => {
  const old = proxyUser({ namespace: 'z', creationTimestamp: '2026-11-27T05:00:00Z' });
  const young = proxyUser({ namespace: 'a' });
  const twin = proxyUser({ namespace: 'b' });
  assert.equal(winnerOver(old, [young, twin]), null);
  assert.equal(winnerOver(young, [twin, old]), 'z/alice');
  assert.equal(winnerOver(young, [twin]), null);
  assert.equal(winnerOver(twin, [young]), 'a/alice');
  assert.equal(winnerOver(young, []), null);
});
