import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import type { FakeRequest } from '@sluice/testkit/kube/fake/fake-request.ts';
import { type FakeKube, startFakeKube } from '@sluice/testkit/kube/fake/start-fake-kube.ts';
import { type CommandResult, runCommand } from '@sluice/testkit/run-command.ts';
import { userFinalizer } from '../../src/users/proxy-users.ts';
import { userResource } from '../users/user-lab.ts';

const command = fileURLToPath(new URL('../../bin/sluice-operator', import.meta.url));
const others = 'example.org/theirs';

async function put(kube: FakeKube, path: string, finalizers: readonly string[]): Promise<void> {
  const [namespace, name] = path.split('/');
  const metadata = { name, namespace, finalizers };
  const body = { apiVersion: 'sluice.dev/v1alpha1', kind: 'ProxyUser', metadata, spec: {} };
  await kube.client.call(`/apis/sluice.dev/v1alpha1/namespaces/${namespace}/proxyusers`, { method: 'POST', body });
}

async function run(kube: FakeKube, ...args: readonly string[]): Promise<CommandResult> {
  const all = ['release-users', '--kubeconfig', kube.kubeconfigPath, ...args];
  return await runCommand(command, all, { timeoutMs: 60_000 });
}

/** `namespace/name finalizer…` */
function held(kube: FakeKube): readonly string[] {
  return kube
    .objects(userResource)
    .map(({ metadata: { namespace, name, finalizers = [] } }) => [`${namespace}/${name}`, ...finalizers].join(' '))
    .toSorted();
}

const isWrite = ({ resource, verb }: FakeRequest): boolean => resource.plural === 'proxyusers' && verb === 'patch';

test('lets every ProxyUser go, and leaves what others hold', async (t) => {
  const kube = await startFakeKube(t, { resources: [userResource], namespaces: ['team-a'] });
  await put(kube, 'default/alice', [userFinalizer]);
  await put(kube, 'team-a/bob', [others, userFinalizer]);
  await put(kube, 'team-a/carol', []);
  await kube.client.call('/apis/sluice.dev/v1alpha1/namespaces/default/proxyusers/alice', { method: 'DELETE' });
  const result = await run(kube);
  assert.equal(result.code, 0, result.stderr);
  assert.match(result.stdout, /"released":2,"msg":"users are released"/);
  assert.deepEqual(held(kube), [`team-a/bob ${others}`, 'team-a/carol']);
  assert.equal(kube.requests(isWrite).length, 2);
});

test('looks at the namespaces that it is given and at no other', async (t) => {
  const kube = await startFakeKube(t, { resources: [userResource], namespaces: ['team-a', 'team-b'] });
  for (const namespace of ['default', 'team-a', 'team-b']) await put(kube, `${namespace}/alice`, [userFinalizer]);
  const result = await run(kube, '--namespaces', 'team-a,team-b', '--namespaces', 'nowhere');
  assert.equal(result.code, 0, result.stderr);
  assert.deepEqual(held(kube), [`default/alice ${userFinalizer}`, 'team-a/alice', 'team-b/alice']);
});

test('has patience with an API server that refuses, and with users that change meanwhile', async (t) => {
  const kube = await startFakeKube(t, { resources: [userResource] });
  await put(kube, 'default/alice', [userFinalizer]);
  const refusal = { kind: 'Refuse', status: 403, reason: 'Forbidden' } as const;
  kube.faults.add(({ verb }) => verb === 'list', refusal, 1);
  kube.faults.add(isWrite, { kind: 'Refuse', status: 409, reason: 'Conflict' }, 1);
  const result = await run(kube);
  assert.equal(result.code, 0, result.stderr);
  assert.match(result.stdout, /waiting to release users/);
  assert.deepEqual(held(kube), ['default/alice']);
});

test('has nothing to do where the kind is gone', async (t) => {
  const result = await run(await startFakeKube(t));
  assert.equal(result.code, 0, result.stderr);
});

test('says what went wrong last when its time is over', async (t) => {
  const kube = await startFakeKube(t, { resources: [userResource] });
  kube.faults.add(() => true, { kind: 'Refuse', status: 403, reason: 'Forbidden' });
  const result = await run(kube, '--timeout', '1');
  assert.equal(result.code, 1);
  assert.match(result.stderr, /^sluice-operator: .*(?:list|proxyusers)/);
});
