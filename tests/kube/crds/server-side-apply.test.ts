/** What server-side apply makes of an object that is applied again, by the same manager or by another one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiVersion } from '@sluice/contract/resources/api-group.ts';
import type { KubeAnswer } from '@sluice/testkit/kube/kube-client.ts';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import { type CrdScene, type Kind, openCrdScene, verdictOf } from './crd-scene.ts';

const skip = await whyNoKubeApi();

async function apply(scene: CrdScene, kind: Kind, spec: object, fieldManager = 'ann'): Promise<KubeAnswer> {
  return await scene.api.client.send(scene.pathOf(kind, 'a'), {
    method: 'PATCH',
    query: { fieldManager, fieldValidation: 'Strict' },
    contentType: 'application/apply-patch+yaml',
    body: { apiVersion, kind, metadata: { name: 'a' }, spec },
  });
}

async function applied(scene: CrdScene, kind: Kind, spec: object): Promise<unknown> {
  const answer = await apply(scene, kind, spec);
  assert.deepEqual(verdictOf(answer), { isAccepted: true, causes: [] }, JSON.stringify(spec));
  return answer.body['spec'];
}

test('a map that is applied empty, or no more, loses what was in it', { skip }, async (t) => {
  const scene = await openCrdScene(t);
  const route = { action: 'ForwardProxy', halfClose: true };
  const forwarding = { ...route, match: { sni: ['a.test'] }, forward: { anonymous: true } };
  assert.deepEqual(await applied(scene, 'ProxyRoute', forwarding), forwarding);
  const emptied = { ...route, match: {}, forward: {} };
  assert.deepEqual(await applied(scene, 'ProxyRoute', emptied), { ...emptied, forward: { anonymous: false } });
  await applied(scene, 'ProxyRoute', forwarding);
  assert.deepEqual(await applied(scene, 'ProxyRoute', route), { ...route, match: {} });

  const bind = ['127.0.0.1:1'];
  const changed = { bind, limits: { connections: 1 }, detect: { protocols: [] }, timeouts: { connect: '1s' } };
  const first = await applied(scene, 'ProxyListener', { bind });
  await applied(scene, 'ProxyListener', changed);
  assert.deepEqual(await applied(scene, 'ProxyListener', { bind, limits: {}, detect: {}, timeouts: {} }), first);
  await applied(scene, 'ProxyListener', changed);
  assert.deepEqual(await applied(scene, 'ProxyListener', { bind }), first);

  const user = { credentials: [], onRevoke: 'Keep' };
  await applied(scene, 'ProxyUser', { ...user, allow: [{ ports: [443] }], quota: { connections: 1 } });
  assert.deepEqual(await applied(scene, 'ProxyUser', { ...user, allow: [] }), { ...user, allow: [] });
  assert.deepEqual(await applied(scene, 'ProxyUser', user), user);
});

test('one verifier takes the place of another, and is not put beside that of another manager', { skip }, async (t) => {
  const scene = await openCrdScene(t);
  const secretRef = { name: 'alice', key: 'password' };
  const bcrypt = `$2b$12$${'e'.repeat(53)}`;
  await applied(scene, 'ProxyUser', { password: { secretRef } });
  assert.deepEqual(await applied(scene, 'ProxyUser', { password: { bcrypt } }), {
    password: { bcrypt },
    onRevoke: 'Keep',
  });
  const beside = await apply(scene, 'ProxyUser', { password: { secretRef } }, 'bob');
  assert.equal(beside.status, 409);
  assert.deepEqual(verdictOf(beside).causes, ['.spec.password: conflict with "ann"']);
});
