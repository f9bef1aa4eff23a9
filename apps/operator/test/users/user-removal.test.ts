import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@sluice/kube/clock/system-clock.ts';
import type { SluiceObject } from '../../src/specs/kube-objects.ts';
import { userFinalizer } from '../../src/users/proxy-users.ts';
import { StateRefusedError, type StoredUser } from '../../src/users/state-api.ts';
import { removeUser, type UserRemovalDeps } from '../../src/users/user-removal.ts';

const managedBy = 'kubernetes/team-a';
const releaseMs = 60_000;
const stored = { user: { name: 'alice', managedBy, version: 3 }, tag: '3' } as unknown as StoredUser;

/** A state service that has the user and refuses to remove it. */
function openSite(): { readonly deps: UserRemovalDeps; readonly writes: unknown[]; readonly told: string[] } {
  const writes: unknown[] = [];
  const told: string[] = [];
  const refuse = (): Promise<never> => Promise.reject(new StateRefusedError('not by you'));
  const client = {
    apply: () => Promise.reject(new Error('nothing is to be applied')),
    patch: (_resource: unknown, _name: unknown, patch: unknown) => Promise.resolve(writes.push(patch)),
  };
  const deps = {
    client,
    state: { read: () => Promise.resolve(stored), release: refuse, remove: refuse },
    events: {
      record: (_resource: unknown, _object: unknown, { reason }: { readonly reason: string }) => void told.push(reason),
    },
    clock: systemClock,
    logger: { info: () => {}, warn: () => {} },
    releaseMs,
  } as unknown as UserRemovalDeps;
  return { deps, writes, told };
}

function deleted(agoMs: number): SluiceObject {
  const deletionTimestamp = new Date(Date.now() - agoMs).toISOString();
  const names = { namespace: 'team-a', name: 'alice', uid: 'u', resourceVersion: '7' };
  return { metadata: { ...names, deletionTimestamp, finalizers: [userFinalizer] }, spec: {} };
}

const { signal } = new AbortController();
const removalOf = (agoMs: number) => ({ object: deleted(agoMs), managedBy, hasSuccessor: false, outage: null });

test('a state service that refuses to remove a user is asked again', async () => {
  const { deps, writes } = openSite();
  const result = await removeUser(deps, removalOf(0), signal);
  assert.equal(result.kind, 'Waiting');
  assert.deepEqual(writes, []);
});

test('a state service that goes on refusing holds no object longer than one that is away', async () => {
  const { deps, writes, told } = openSite();
  assert.deepEqual(await removeUser(deps, removalOf(releaseMs + 1_000), signal), { kind: 'Gone' });
  assert.deepEqual(told, ['LeftBehind']);
  assert.deepEqual(writes, [{ kind: 'Merge', body: { metadata: { resourceVersion: '7', finalizers: null } } }]);
});
