/**
 * ProxyUsers as they are run: a real API server, the operator as a process, a state service on a real Postgres, and a real proxy that a
 * client logs in to.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createCheapVerifier } from '@sluice/testkit/argon2id-verifier.ts';
import { type ControlPlane, startControlPlane } from '@sluice/testkit/control-plane.ts';
import type { ControlledProxy } from '@sluice/testkit/controlled-proxy.ts';
import { startEchoOrigin } from '@sluice/testkit/echo-origin.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { openTunnel, type TunnelOutcome } from '@sluice/testkit/forward-tunnel.ts';
import { sharedKubeApi } from '@sluice/testkit/kube/shared-kube-api.ts';
import type { KubeApi } from '@sluice/testkit/kube/kube-api.ts';
import type { OpenServer } from '@sluice/testkit/open-server.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { conditionOf, OperatorScene, whyNoOperatorScene } from './operator-scene.ts';

const crdFolder = fileURLToPath(new URL('../../../deploy/crds', import.meta.url));
const skip = await whyNoOperatorScene();
const scene = skip === false ? await openScene() : null;
const timeoutMs = 60_000;
const local = { allow: [{ cidrs: ['127.0.0.0/8'] }] };

interface UserScene {
  readonly api: KubeApi;
  readonly plane: ControlPlane;
  readonly operator: OperatorScene;
  readonly proxy: ControlledProxy;
  readonly origin: OpenServer;
  /** Watched by the operator too. */
  readonly doomed: string;
}

async function openScene(): Promise<UserScene> {
  const scope = { after };
  const [api, plane, directory] = await Promise.all([
    sharedKubeApi(),
    startControlPlane(scope),
    createTemporaryDirectory(scope),
  ]);
  await api.installCrds(crdFolder);
  const [namespace, doomed] = [await api.createNamespace(scope), await api.createNamespace(scope)];
  const operator = new OperatorScene(scope, { api, namespace, nats: plane.nats, directory });
  const made = await plane.client.ask({
    method: 'POST',
    path: '/v1/api-keys',
    body: { client: 'operator', scopes: ['users:write', 'credentials:write', 'acl:write'] },
  });
  const keyFile = join(directory, 'state-key');
  await writeFile(keyFile, (made.body as { readonly key: string }).key);
  const url = plane.services[0]?.url ?? '';
  await operator.startOperator([
    ...['--namespaces', doomed, '--state-url', url, '--state-key-file', keyFile, '--state-release', '5'],
  ]);
  return { api, plane, operator, doomed, proxy: await plane.startProxy('edge'), origin: await startEchoOrigin(scope) };
}

function theScene(): UserScene {
  if (scene === null) throw new Error('skipped tests do not run');
  return scene;
}

async function applyUser(name: string, spec: object): Promise<void> {
  await theScene().operator.apply('ProxyUser', 'proxyusers', name, spec);
}

async function until(name: string, type: string, expected: string): Promise<ReturnType<typeof conditionOf>> {
  const status = await theScene().operator.untilStatus('proxyusers', name, { type, expected, timeoutMs });
  return conditionOf(status, type);
}

async function logIn(user: string, password: string): Promise<TunnelOutcome['kind']> {
  const { proxy, origin } = theScene();
  const outcome = await openTunnel({ edge: proxy.edge, protocol: 'Socks5', user, password, to: origin });
  if (outcome.kind === 'Open') outcome.client.socket.destroy();
  return outcome.kind;
}

async function untilLogIn(user: string, password: string, expected: TunnelOutcome['kind']): Promise<void> {
  await eventually(async () => assert.equal(await logIn(user, password), expected), { timeoutMs });
}

async function setSecret(name: string, password: string): Promise<void> {
  const { api, operator } = theScene();
  await api.client.call(`/api/v1/namespaces/${operator.namespace}/secrets/${name}`, {
    method: 'PATCH',
    query: { fieldManager: 'test', force: 'true' },
    contentType: 'application/apply-patch+yaml',
    body: { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: { password } },
  });
}

async function annotate(name: string, annotations: Readonly<Record<string, string>>): Promise<void> {
  const { api, operator } = theScene();
  const body = { metadata: { annotations } };
  const contentType = 'application/merge-patch+json';
  await api.client.call(operator.pathOf('proxyusers', name), { method: 'PATCH', body, contentType });
}

test('a ProxyUser logs in by SOCKS5 once it is applied, and is refused once it is deleted', { skip }, async () => {
  const { api, operator } = theScene();
  await applyUser('alice', { password: { argon2id: createCheapVerifier('correct horse') }, ...local });
  await until('alice', 'Ready', 'True Ready');
  assert.equal(await logIn('alice', 'correct horse'), 'Open');
  const listed = await api.kubectl(['get', 'puser', 'alice', '--namespace', operator.namespace, '--no-headers']);
  assert.match(listed.stdout, /^alice\s.*1\/1/);
  await api.client.call(operator.pathOf('proxyusers', 'alice'), { method: 'DELETE' });
  await untilLogIn('alice', 'correct horse', 'Refused');
  await eventually(async () => {
    assert.equal((await api.client.send(operator.pathOf('proxyusers', 'alice'))).status, 404);
  });
});

test('a password that is changed in its Secret is the one that counts', { skip }, async () => {
  await setSecret('pw', 'first one');
  await applyUser('bob', { password: { secretRef: { name: 'pw' } }, ...local });
  await until('bob', 'Ready', 'True Ready');
  assert.equal(await logIn('bob', 'first one'), 'Open');
  await setSecret('pw', 'second one');
  // Not waiting for the minute after which Secrets are read again.
  await annotate('bob', { 'example.com/rotated': 'now' });
  await untilLogIn('bob', 'second one', 'Open');
  assert.equal(await logIn('bob', 'first one'), 'Refused');
});

test('a change by others is shown with its field, stays, and is overwritten on demand', { skip }, async () => {
  await applyUser('carol', { password: { argon2id: createCheapVerifier('carols') }, ...local });
  await until('carol', 'Ready', 'True Ready');
  await theScene().plane.client.patchUser('carol', { enabled: false });
  assert.match((await until('carol', 'Drifted', 'True EditedElsewhere'))?.message ?? '', /others: enabled;/);
  await untilLogIn('carol', 'carols', 'Refused');
  await annotate('carol', { 'sluice.dev/overwrite': 'true' });
  await until('carol', 'Ready', 'True Ready');
  await untilLogIn('carol', 'carols', 'Open');
});

test('a namespace goes although the state service is away, and its users go when that is back', { skip }, async () => {
  const { api, plane, doomed } = theScene();
  const users = `/apis/sluice.dev/v1alpha1/namespaces/${doomed}/proxyusers`;
  const spec = { password: { argon2id: createCheapVerifier('daves') }, ...local };
  const body = { apiVersion: 'sluice.dev/v1alpha1', kind: 'ProxyUser', metadata: { name: 'dave' }, spec };
  await api.client.call(users, { method: 'POST', body });
  await untilLogIn('dave', 'daves', 'Open');
  await plane.services[0]?.process.kill();
  await api.client.call(`/api/v1/namespaces/${doomed}`, { method: 'DELETE' });
  await eventually(async () => assert.equal((await api.client.send(`/api/v1/namespaces/${doomed}`)).status, 404), {
    timeoutMs: 90_000,
  });
  assert.equal(await logIn('dave', 'daves'), 'Open', 'nobody has removed the user yet');
  await plane.services[0]?.process.start();
  await untilLogIn('dave', 'daves', 'Refused');
});
