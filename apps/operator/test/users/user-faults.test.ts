import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createCheapVerifier } from '@sluice/testkit/argon2id-verifier.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { whyNoNatsServer } from '@sluice/testkit/find-nats-server.ts';
import type { ProgramProcess } from '@sluice/testkit/program-process.ts';
import type { FakeRequest } from '@sluice/testkit/kube/fake/fake-request.ts';
import { PrometheusText } from '@sluice/testkit/prometheus-text.ts';
import type { Operator } from '../../src/process/operator.ts';
import type { SluiceObject } from '../../src/specs/kube-objects.ts';
import { userFinalizer } from '../../src/users/proxy-users.ts';
import { conditionOf, homeNamespace } from '../operator-lab.ts';
import { startUserLab, type UserLab, userResource } from './user-lab.ts';

const skip = await whyNoNatsServer();
const lab = skip === false ? await openLab() : null;
const argon2id = createCheapVerifier('correct horse');
const spec = { password: { argon2id } };

async function openLab(): Promise<UserLab> {
  const opened = await startUserLab({ after });
  opened.startProxy('edge-0');
  return opened;
}

function theLab(): UserLab {
  if (lab === null) throw new Error('skipped tests do not run');
  return lab;
}

function theService(): ProgramProcess {
  const service = theLab().plane.services[0]?.process;
  if (service === undefined) throw new Error('there is no state service');
  return service;
}

/** null: the operator says nothing of it. */
async function availability({ adminUrl }: Operator): Promise<number | null> {
  const metrics = new PrometheusText(await (await fetch(`${adminUrl}/metrics`)).text());
  const name = 'sluice_operator_state_service_available';
  return metrics.has(name) ? metrics.sum(name) : null;
}

async function finalizersOf(name: string, namespace?: string): Promise<readonly string[]> {
  const { metadata } = ((await theLab().object(name, namespace)) ?? {}) as Partial<SluiceObject>;
  return metadata?.finalizers ?? [];
}

async function setFinalizers(name: string, finalizers: readonly string[] | null): Promise<void> {
  const path = `/apis/sluice.dev/v1alpha1/namespaces/default/proxyusers/${name}`;
  const body = { metadata: { finalizers } };
  await theLab().kube.client.call(path, { method: 'PATCH', body, contentType: 'application/merge-patch+json' });
}

/** What the operator writes to objects of ours: their finalizer, their status. */
const isWriteOf =
  (part: '' | 'status') =>
  ({ resource, subresource, verb }: FakeRequest): boolean =>
    resource.plural === 'proxyusers' && verb === 'apply' && subresource === part;

test('an operator that ends before or after any of its writes is finished by the next one, which puts nothing twice', {
  skip,
}, async () => {
  const { faults } = theLab().kube;
  await theLab().setSecret('pw', { password: 'hunter2' });
  const withSecret = { password: { secretRef: { name: 'pw', key: 'password' } } };
  // Each: where the first operator is held up until it is gone.
  const places = [
    { name: 'crash-finalizer', fault: faults.add(isWriteOf(''), { kind: 'Hang' }) },
    { name: 'crash-status', fault: null },
  ] as const;
  for (const { name, fault } of places) {
    const held = fault ?? faults.add(isWriteOf('status'), { kind: 'Hang' });
    const first = await theLab().startOperator();
    await theLab().apply(name, withSecret);
    await eventually(() => assert.ok(held.hits > 0, `${name}: it is not held up`), { timeoutMs: 30_000 });
    await first.stop(0);
    held.remove();
    const before = await theLab().kept(name);
    assert.equal(before === null, fault !== null, name);
    const second = await theLab().startOperator();
    await theLab().until(name, 'Ready', 'True Ready');
    const kept = await theLab().kept(name);
    if (before !== null) assert.deepEqual(kept?.credentials, before.credentials, 'the password was hashed again');
    await second.stop(1_000);
  }
});

test('without the state service nothing is said of users that are in force, new ones say so, and all is made good', {
  skip,
}, async () => {
  const operator = await theLab().startOperator();
  await theLab().apply('steady', spec);
  await theLab().until('steady', 'Ready', 'True Ready');
  assert.equal(await availability(operator), 1);
  const before = await theLab().objects.status(userResource, 'steady');
  await theService().kill();
  await theLab().apply('late', spec);
  const status = await theLab().until('late', 'Reconciling', 'True StateServiceUnavailable');
  assert.equal(await availability(operator), 0);
  assert.equal(conditionOf(status, 'Ready')?.status, 'False');
  assert.deepEqual(await theLab().objects.status(userResource, 'steady'), before);
  const [writes, events] = [theLab().objects.statusWrites, theLab().objects.events];
  await eventually(() => assert.ok(theLab().logged('the state service does not answer') > 0));
  assert.deepEqual([theLab().objects.statusWrites, theLab().objects.events], [writes, events]);
  await theService().start();
  await theLab().until('late', 'Ready', 'True Ready');
  assert.equal(await availability(operator), 1);
  await operator.stop(1_000);
});

test('a deleted object does not wait for ever: it is let go, which is said, and its user is removed later', {
  skip,
}, async () => {
  const operator = await theLab().startOperator({ releaseMs: 3_000 });
  await theLab().apply('leaving', spec);
  await theLab().apply('leaving-stays', spec);
  await theLab().annotate('leaving-stays', { 'sluice.dev/deletion-policy': 'Retain' });
  for (const name of ['leaving', 'leaving-stays']) await theLab().until(name, 'Ready', 'True Ready');
  await eventually(async () => assert.match(JSON.stringify(await theLab().kept('leaving-stays')), /retain/));
  await theService().kill();
  for (const name of ['leaving', 'leaving-stays']) await theLab().delete(name);
  await theLab().until('leaving', 'Reconciling', 'True StateServiceUnavailable');
  for (const name of ['leaving', 'leaving-stays']) await theLab().untilGone(name);
  assert.equal(theLab().logged('user left behind'), 2);
  await eventually(() => {
    const notes = theLab()
      .kube.requests(({ resource, verb }) => resource.plural === 'events' && verb === 'create')
      .map(({ body }) => JSON.stringify(body));
    assert.ok(notes.some((text) => text.includes('LeftBehind') && text.includes('leaving')));
  });
  await theService().start();
  await eventually(async () => assert.equal(await theLab().kept('leaving'), null), { timeoutMs: 40_000 });
  await eventually(async () => {
    const kept = await theLab().kept('leaving-stays');
    assert.deepEqual([kept === null, kept?.managedBy], [false, undefined]);
  });
  await operator.stop(1_000);
});

test('in the namespace of the Lease no finalizer holds what has to go, and the user goes all the same', {
  skip,
}, async () => {
  const operator = await theLab().startOperator();
  const home = homeNamespace;
  await theLab().apply('at-home', spec, home);
  await theLab().apply('at-home-stays', spec, home);
  await theLab().annotate('at-home-stays', { 'sluice.dev/deletion-policy': 'Retain' }, home);
  for (const name of ['at-home', 'at-home-stays']) await theLab().until(name, 'Ready', 'True Ready', home);
  await eventually(async () => assert.match(JSON.stringify(await theLab().kept('at-home-stays')), /retain/));
  assert.deepEqual(await finalizersOf('at-home', home), []);
  await theService().kill();
  for (const name of ['at-home', 'at-home-stays']) {
    await theLab().delete(name, home);
    assert.equal(await theLab().object(name, home), null);
  }
  await theService().start();
  await eventually(async () => assert.equal(await theLab().kept('at-home'), null), { timeoutMs: 40_000 });
  await eventually(async () => {
    const kept = await theLab().kept('at-home-stays');
    assert.deepEqual([kept === null, kept?.managedBy], [false, undefined]);
  });
  await theLab().apply('at-home', spec, home);
  await theLab().until('at-home', 'Ready', 'True Ready', home);
  await theLab().delete('at-home', home);
  await eventually(async () => assert.equal(await theLab().kept('at-home'), null), { timeoutMs: 3_000 });
  await operator.stop(1_000);
});

test('a finalizer that was taken off is put on again while the object stays', { skip }, async () => {
  const operator = await theLab().startOperator();
  await theLab().apply('bared', spec);
  await theLab().until('bared', 'Ready', 'True Ready');
  assert.deepEqual(await finalizersOf('bared'), [userFinalizer]);
  await setFinalizers('bared', null);
  await eventually(async () => assert.deepEqual(await finalizersOf('bared'), [userFinalizer]));
  await theLab().delete('bared');
  await theLab().untilGone('bared');
  assert.equal(await theLab().kept('bared'), null);
  await operator.stop(1_000);
});

test('an object that a backup restored with its finalizer goes when it is deleted', { skip }, async () => {
  const operator = await theLab().startOperator();
  const restored = { ...userResource, apiVersion: 'sluice.dev/v1alpha1', spec: { onRevoke: 'Keep', ...spec } };
  const metadata = { name: 'restored', namespace: 'default', finalizers: [userFinalizer] };
  await theLab().kube.client.call('/apis/sluice.dev/v1alpha1/namespaces/default/proxyusers', {
    method: 'POST',
    body: { ...restored, metadata },
  });
  await theLab().until('restored', 'Ready', 'True Ready');
  await theLab().delete('restored');
  await theLab().untilGone('restored');
  assert.equal(await theLab().kept('restored'), null);
  await operator.stop(1_000);
});

test('a user whose object was removed by force is swept when an operator begins to lead; those of others stay', {
  skip,
}, async () => {
  const first = await theLab().startOperator();
  await theLab().apply('forced', spec);
  await theLab().until('forced', 'Ready', 'True Ready');
  await first.stop(1_000);
  await theLab().delete('forced');
  await setFinalizers('forced', null);
  await theLab().untilGone('forced');
  for (const managedBy of ['directory-sync', 'kubernetes-2/default']) {
    await theLab().ask('POST', '/v1/users', { name: `of-${managedBy.split('/')[0]}`, managedBy });
  }
  const second = await theLab().startOperator();
  await eventually(async () => assert.equal(await theLab().kept('forced'), null));
  for (const name of ['of-directory-sync', 'of-kubernetes-2']) assert.notEqual(await theLab().kept(name), null, name);
  await second.stop(1_000);
});
