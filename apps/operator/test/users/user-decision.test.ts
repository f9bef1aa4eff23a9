import assert from 'node:assert/strict';
import { test } from 'node:test';
import { managedRevision } from '../../src/users/managed-revision.ts';
import { decideRemoval, decideUser, type UserDecision, type WantedUser } from '../../src/users/user-decision.ts';
import { createUserKeeper } from '../../src/users/user-keeper.ts';
import { proxyUser, storedUser } from './proxy-user.ts';

const keeper = createUserKeeper({ owner: 'sluice-operator', namespaces: null });
type Metadata = Parameters<typeof proxyUser>[0];

function wanted(metadata: Metadata = {}, secrets: Parameters<typeof managedRevision>[1] = []): WantedUser {
  const object = proxyUser(metadata);
  const managedBy = keeper.managedBy(object.metadata.namespace ?? '');
  return { object, managedBy, managedRevision: managedRevision(object, secrets) };
}

const annotated = (annotations: Readonly<Record<string, string>>): Metadata => ({ annotations });
const put: UserDecision = { kind: 'Put', tag: 'tag-1' };
const inSync: UserDecision = { kind: 'InSync' };
const edited = storedUser({ isEdited: true });
const drifted: UserDecision = { kind: 'Drifted', user: edited.user, tag: 'tag-1' };

test('a user that is not there is created', () => {
  assert.deepEqual(decideUser(wanted(), null, keeper), { kind: 'Put', tag: null });
});

test('a user is left alone while it is as it was put, and put when the spec, a Secret or the policy is another', () => {
  assert.deepEqual(decideUser(wanted(), storedUser(), keeper), inSync);
  assert.deepEqual(decideUser(wanted({ generation: 2 }), storedUser(), keeper), put);
  assert.deepEqual(decideUser(wanted({ uid: 'uid-2' }), storedUser(), keeper), put);
  const secret = { name: 's', uid: 'u', resourceVersion: '9' };
  assert.deepEqual(decideUser(wanted({}, [secret]), storedUser(), keeper), put);
  const retained = annotated({ 'sluice.dev/deletion-policy': 'Retain' });
  assert.deepEqual(decideUser(wanted(retained), storedUser(), keeper), put);
});

test('what others changed stays until the spec changes or the annotation says so', () => {
  assert.deepEqual(decideUser(wanted(), edited, keeper), drifted);
  // A new password is no reason to undo what others did.
  const secret = { name: 's', uid: 'u', resourceVersion: '9' };
  assert.deepEqual(decideUser(wanted({}, [secret]), edited, keeper), drifted);
  assert.deepEqual(decideUser(wanted({ generation: 2 }), edited, keeper), put);
  for (const [value, decision] of [
    ['true', put],
    ['tag-1', put],
    ['tag-0', drifted],
    ['false', drifted],
  ] as const) {
    assert.deepEqual(decideUser(wanted(annotated({ 'sluice.dev/overwrite': value })), edited, keeper), decision, value);
  }
});

test('a user whose keeper others took away is an edit of ours; one that was never ours is not touched without leave', () => {
  const { managedBy: _managedBy, ...taken } = edited.user;
  assert.equal(decideUser(wanted(), { user: taken, tag: 'tag-1' }, keeper).kind, 'Drifted');
  const { managedBy: _by, managedRevision: _revision, ...byNobody } = storedUser().user;
  const foreign = { user: byNobody, tag: 'tag-1' };
  assert.deepEqual(decideUser(wanted(), foreign, keeper), { kind: 'ExistsElsewhere', managedBy: null });
  const other = storedUser({ managedBy: 'directory-sync' });
  assert.deepEqual(decideUser(wanted(), other, keeper), { kind: 'ExistsElsewhere', managedBy: 'directory-sync' });
  const mayAdopt = annotated({ 'sluice.dev/adopt': 'true' });
  assert.deepEqual(decideUser(wanted(mayAdopt), foreign, keeper), put);
  assert.deepEqual(decideUser(wanted(mayAdopt), other, keeper), put);
});

test('a user of another namespace of ours is taken over, one of a namespace that is not ours is not', () => {
  const elsewhere = storedUser({ managedBy: 'sluice-operator/team-b', managedRevision: 'uid-9/1/v1' });
  assert.deepEqual(decideUser(wanted(), elsewhere, keeper), put);
  const narrow = createUserKeeper({ owner: 'sluice-operator', namespaces: ['team-a'] });
  assert.equal(decideUser(wanted(), elsewhere, narrow).kind, 'ExistsElsewhere');
});

test('a deleted object takes its own user with it, gives up one that is to stay, and leaves those of others', () => {
  const ours = { managedBy: 'sluice-operator/team-a', isRetained: false };
  assert.deepEqual(decideRemoval(storedUser(), ours), { kind: 'Remove', version: 3 });
  assert.deepEqual(decideRemoval(edited, { ...ours, isRetained: true }), { kind: 'Release', version: 3 });
  assert.deepEqual(decideRemoval(null, ours), { kind: 'Nothing' });
  assert.deepEqual(decideRemoval(storedUser({ managedBy: 'sluice-operator/team-b' }), ours), { kind: 'Nothing' });
});
