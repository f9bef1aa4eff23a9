/**
 * The three images together, on a real API server: the keys that one makes open the others, and what is applied is what a connection
 * through the proxy's image meets.
 */
import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { whyNoNatsServer } from '@sluice/testkit/find-nats-server.ts';
import { openTunnel } from '@sluice/testkit/forward-tunnel.ts';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import type { KubeApi } from '@sluice/testkit/kube/kube-api.ts';
import { sharedKubeApi } from '@sluice/testkit/kube/shared-kube-api.ts';
import { findLoopbackPorts } from '@sluice/testkit/loopback-ports.ts';
import { startNamedOrigin } from '@sluice/testkit/named-origin.ts';
import { startNatsServer } from '@sluice/testkit/nats-server.ts';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { type BuiltImages, buildImages, type ImageName } from '../../e2e/images/build-images.ts';
import { type Container, runContainer, startContainer } from '../../e2e/images/container.ts';
import { findDocker } from '../../e2e/images/find-docker.ts';
import { type PrivateDocker, startPrivateDocker } from '../../e2e/images/private-docker.ts';
import { NamespacedResources } from '../namespaced-resources.ts';

const found = await findDocker();
const skip = found.kind === 'None' ? found.reason : (await whyNoKubeApi()) || (await whyNoNatsServer());
const crdFolder = fileURLToPath(new URL('../../../deploy/crds', import.meta.url));
const generated = ['ack-key', 'pepper', 'admin-api-key', 'operator-api-key'];
/** Where each container sees `Scene.directory`. */
const inside = '/etc/sluice';

interface Scene {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly directory: string;
  /** With the network of the machine, as its servers are on loopback. */
  readonly start: (name: ImageName, flags: readonly string[], command: readonly string[]) => Promise<Container>;
  readonly run: (name: ImageName, command: readonly string[]) => Promise<string>;
}

interface Engine {
  readonly docker: PrivateDocker;
  readonly images: BuiltImages;
}

/** Of the file: it goes after the containers of the test. */
async function openEngine(client: string): Promise<Engine> {
  const docker = await startPrivateDocker({ after }, client);
  return { docker, images: await buildImages(docker, await createTemporaryDirectory({ after })) };
}

const engine = found.kind === 'Found' && skip === false ? await openEngine(found.path) : null;

async function openScene(t: TestContext, { docker, images: { tags } }: Engine): Promise<Scene> {
  const api = await sharedKubeApi();
  await api.installCrds(crdFolder);
  const namespace = await api.createNamespace(t);
  const directory = await createTemporaryDirectory(t);
  await chmod(directory, 0o755);
  const shared = ['--network', 'host', '--volume', `${directory}:${inside}:ro`];
  return {
    api,
    namespace,
    directory,
    start: async (name, flags, command) =>
      await startContainer(t, docker, { image: tags[name], flags: [...shared, ...flags], command }),
    run: async (name, command) => await runContainer(docker, { image: tags[name], flags: shared, command }),
  };
}

async function writeShared({ directory }: Scene, name: string, content: string | Buffer): Promise<void> {
  await writeFile(join(directory, name), content);
  await chmod(join(directory, name), 0o644);
}

/** The administrator's, with nothing in it that is a path. */
async function writeKubeconfig(scene: Scene): Promise<void> {
  const { stateDirectory, server, caPath } = scene.api;
  const read = async (path: string): Promise<string> => (await readFile(path)).toString('base64');
  const user = {
    'client-certificate-data': await read(join(stateDirectory, 'admin.crt')),
    'client-key-data': await read(join(stateDirectory, 'admin.key')),
  };
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': await read(caPath) } }],
    users: [{ name: 'test', user }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  };
  await writeShared(scene, 'kubeconfig', JSON.stringify(kubeconfig));
}

/** Each as a folder with a file for each of its keys, as a pod sees it. */
async function writeSecrets(scene: Scene): Promise<void> {
  for (const name of generated) {
    const secret = await scene.api.client.call(`/api/v1/namespaces/${scene.namespace}/secrets/sluice-${name}`);
    await mkdir(join(scene.directory, name), { mode: 0o755 });
    for (const [key, value] of Object.entries(secret['data'] as Readonly<Record<string, string>>)) {
      await writeShared(scene, join(name, key), Buffer.from(value, 'base64'));
    }
  }
}

async function startState(t: TestContext, scene: Scene, place: { nats: string; listen: string; admin: string }) {
  const postgres = await startPostgres(t, { settings: { unix_socket_permissions: '0777' } });
  const { name, url } = await postgres.createDatabase();
  const socket = new URLSearchParams(url.slice(url.indexOf('?'))).get('host') ?? '';
  await chmod(socket, 0o755);
  const environment = [
    `SLUICE_STATE_DATABASE_URL=postgres://sluice@/${name}?host=/run/postgresql`,
    `SLUICE_STATE_LISTEN=${place.listen}`,
    `SLUICE_STATE_ADMIN_LISTEN=${place.admin}`,
  ];
  const flags = [...environment.flatMap((text) => ['--env', text]), '--volume', `${socket}:/run/postgresql`];
  return await scene.start('state', flags, [
    ...['run', `--pepper-file=${inside}/pepper/pepper`, `--bootstrap-key-file=${inside}/admin-api-key/key`],
    ...[`--operator-key-file=${inside}/operator-api-key/key`, `--ack-key-file=${inside}/ack-key/key`],
    ...[`--nats=${place.nats}`, '--drain=1'],
  ]);
}

async function startProxy(scene: Scene, place: { nats: string; admin: string }): Promise<Container> {
  const nats = { servers: [place.nats] };
  const control = { name: 'edge', nats, stateDirectory: '/var/lib/sluice/live', ackKeyFile: `${inside}/ack-key/key` };
  const config = { admin: { bind: place.admin }, listeners: [], routes: [], control };
  await writeShared(scene, 'sluice.yaml', JSON.stringify(config));
  const flags = ['--env', `SLUICE_ADMIN_URL=http://${place.admin}`, '--tmpfs', '/var/lib/sluice:uid=65532,mode=0700'];
  return await scene.start('proxy', flags, []);
}

async function startOperator(scene: Scene, place: { nats: string; state: string; admin: string }): Promise<Container> {
  const { namespace } = scene;
  return await scene.start(
    'operator',
    ['--env', `SLUICE_ADMIN=${place.admin}`],
    [
      ...['run', `--kubeconfig=${inside}/kubeconfig`, `--namespaces=${namespace}`, `--lease-namespace=${namespace}`],
      ...[`--nats=${place.nats}`, `--ack-key-file=${inside}/ack-key/key`],
      ...[`--state-url=http://${place.state}`, `--state-key-file=${inside}/operator-api-key/key`, '--drain=2'],
    ],
  );
}

test('what is applied reaches a connection through the images, with the keys that one of them made', {
  skip,
}, async (t) => {
  assert.ok(engine !== null);
  const scene = await openScene(t, engine);
  await writeKubeconfig(scene);
  const { api, namespace } = scene;
  const access = [`--kubeconfig=${inside}/kubeconfig`, `--namespace=${namespace}`];
  await scene.run('operator', ['init-secrets', ...access, '--prefix=sluice', '--state-service']);
  await writeSecrets(scene);

  const nats = await startNatsServer(t);
  const { host, ports } = await findLoopbackPorts(5);
  const [listen, stateAdmin, proxyAdmin, operatorAdmin] = ports.map((port) => `${host}:${port}`);
  const edge = { host, port: ports[4] ?? 0 };
  assert.ok(
    listen !== undefined && stateAdmin !== undefined && proxyAdmin !== undefined && operatorAdmin !== undefined,
  );
  const containers = [
    await startState(t, scene, { nats: nats.url, listen, admin: stateAdmin }),
    await startProxy(scene, { nats: nats.url, admin: proxyAdmin }),
    await startOperator(scene, { nats: nats.url, state: listen, admin: operatorAdmin }),
  ];
  for (const container of containers) await container.waitForHealth('healthy');

  const origin = await startNamedOrigin(t, 'origin');
  const resources = new NamespacedResources(api, namespace);
  const data = { password: 'correct horse' };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'alice' }, stringData: data };
  await api.client.call(`/api/v1/namespaces/${namespace}/secrets`, { method: 'POST', body: secret });
  await resources.apply('ProxyListener', 'proxylisteners', 'forward', { bind: [`${host}:${edge.port}`] });
  await resources.applyRoute('socks', { match: { protocol: 'SOCKS5' }, action: 'ForwardProxy' });
  const user = {
    password: { secretRef: { name: 'alice' } },
    allow: [{ cidrs: [`${origin.host}/32`], ports: [origin.port] }],
  };
  await resources.apply('ProxyUser', 'proxyusers', 'alice', user);
  const kinds = 'proxylisteners,proxyroutes,proxyusers';
  const waited = await api.kubectl([
    ...['--namespace', namespace, 'wait', kinds, '--all'],
    '--for=condition=Ready',
    '--timeout=50s',
  ]);
  assert.equal(waited.code, 0, waited.stderr);

  const asked = { edge, protocol: 'Socks5', user: 'alice', to: origin } as const;
  const tunnel = await openTunnel({ ...asked, password: 'correct horse' });
  assert.ok(tunnel.kind === 'Open', JSON.stringify(tunnel));
  assert.equal(await tunnel.client.receiveThrough('\n'), 'origin\n');
  tunnel.client.socket.destroy();
  assert.equal((await openTunnel({ ...asked, password: 'wrong' })).kind, 'Refused');
  for (const container of containers.toReversed()) assert.equal(await container.stop(), 0);
});
