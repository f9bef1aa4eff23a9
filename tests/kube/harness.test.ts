/** The harness itself: what the other files of this folder rely on. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually } from '@sluice/testkit/eventually.ts';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import { sharedKubeApi } from '@sluice/testkit/kube/shared-kube-api.ts';
import { startKubeApi } from '@sluice/testkit/kube/start-kube-api.ts';
import { within } from '@sluice/testkit/within.ts';

const crd = fileURLToPath(new URL('fixtures/widgets.crd.yaml', import.meta.url));
const skip = await whyNoKubeApi();

async function canConnect(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const isOpen = await new Promise<boolean>((resolve) => {
    socket.on('connect', () => resolve(true));
    socket.on('error', () => resolve(false));
  });
  socket.destroy();
  return isOpen;
}

test('serves a CRD from the moment it is installed, however many install it', { skip }, async (t) => {
  const api = await sharedKubeApi();
  await Promise.all([api.installCrds(crd), api.installCrds(crd)]);
  const namespace = await api.createNamespace(t);
  const body = {
    apiVersion: 'testing.sluice.dev/v1',
    kind: 'Widget',
    metadata: { name: 'one' },
    spec: { color: 'red' },
  };
  const path = `/apis/testing.sluice.dev/v1/namespaces/${namespace}/widgets`;
  const created = await api.client.call(path, { method: 'POST', body });
  assert.equal(created.metadata.generation, 1);
  const listed = await api.kubectl(['get', 'wid', '--namespace', namespace, '--output=name']);
  assert.deepEqual([listed.code, listed.stdout], [0, 'widget.testing.sluice.dev/one\n'], listed.stderr);
});

test('knows a user by certificate and a ServiceAccount by token, and writes down what they asked', {
  skip,
}, async (t) => {
  const api = await sharedKubeApi();
  const namespace = await api.createNamespace(t);
  const user = { name: `ann-${namespace}`, groups: ['testers'] };
  const ofUser = await api.createUserKubeconfig(user);
  const refused = await api.kubectl(['get', 'pods', '--namespace', namespace], { kubeconfigPath: ofUser });
  assert.match(refused.stderr, new RegExp(`User "${user.name}" cannot list resource "pods"`));

  await api.kubectl(['create', 'serviceaccount', 'robot', '--namespace', namespace]);
  const ofRobot = await api.createTokenKubeconfig(namespace, 'robot');
  const whoami = await api.kubectl(['auth', 'whoami'], { kubeconfigPath: ofRobot });
  assert.match(whoami.stdout, new RegExp(`system:serviceaccount:${namespace}:robot`));

  const events = await eventually(async () => {
    const found = await api.auditLog((event) => event.user.username === user.name && event.verb === 'list');
    assert.ok(found.length > 0);
    return found;
  });
  assert.partialDeepStrictEqual(events[0], {
    objectRef: { resource: 'pods', namespace },
    responseStatus: { code: 403 },
  });
});

test('runs both Helm versions against the server', { skip: await whyNoKubeApi({ helm: true }) }, async (t) => {
  const api = await sharedKubeApi();
  const namespace = await api.createNamespace(t);
  for (const version of [3, 4] as const) {
    const listed = await api.helm(version, ['list', '--namespace', namespace, '--output=json']);
    assert.deepEqual([listed.code, listed.stdout.trim()], [0, '[]'], listed.stderr);
    const said = await api.helm(version, ['version', '--template={{.Version}}']);
    assert.match(said.stdout, new RegExp(`^v${version}\\.`));
  }
});

test('plays pods: Ready ones, a Job that completes, one that never starts', {
  skip: await whyNoKubeApi({ pods: true }),
}, async (t) => {
  const api = await sharedKubeApi();
  const namespace = await api.createNamespace(t);
  const run = async (...args: readonly string[]): Promise<string> => {
    const result = await api.kubectl([...args, '--namespace', namespace]);
    assert.equal(result.code, 0, result.stderr);
    return result.stdout;
  };
  await run('create', 'deployment', 'web', '--image=none', '--replicas=4');
  await run('create', 'job', 'once', '--image=none');
  await run('run', 'held', '--image=none', '--annotations=fake-kubelet/hold=true');
  assert.match(await run('rollout', 'status', 'deployment/web', '--timeout=45s'), /successfully rolled out/);
  await run('wait', '--for=condition=Complete', 'job/once', '--timeout=45s');
  assert.equal(await run('get', 'pod', 'held', '--output=jsonpath={.status.phase}'), 'Pending');
  assert.match(
    await run('get', 'pods', '--selector=app=web', '--output=jsonpath={.items[*].status.podIP}'),
    /^10\.244\./,
  );
});

test('kills, pauses and restarts a server of its own, and leaves nothing of it', { skip }, async (t) => {
  const api = await startKubeApi(t, { nodes: 1 });
  await api.installCrds(crd);
  const namespace = await api.createNamespace(t);

  api.pause();
  const answer = api.client.send('/readyz');
  await assert.rejects(within(300, 'an answer', answer), /not within/);
  api.resume();
  assert.equal((await answer).status, 200);

  await api.kill();
  await assert.rejects(api.client.send('/readyz'), /ECONNREFUSED|ECONNRESET|socket hang up/);
  await api.start();
  assert.equal((await api.client.call(`/api/v1/namespaces/${namespace}`)).metadata.name, namespace);

  await api.stop();
  assert.equal(existsSync(api.stateDirectory), false);
  await assert.rejects(api.client.send('/readyz'));
});

test('leaves nothing of a server whose test is killed', { skip }, async (t) => {
  const program = `
    const { startKubeApi } = await import('@sluice/testkit/kube/start-kube-api.ts');
    const api = await startKubeApi({ after() {} }, { nodes: 1 });
    console.log(JSON.stringify([api.stateDirectory, api.server]));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => void child.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const [stateDirectory, server] = JSON.parse(line) as [string, string];
  const port = Number(new URL(server).port);
  assert.equal(await canConnect(port), true);
  child.kill('SIGKILL');
  await eventually(
    async () => {
      assert.equal(existsSync(stateDirectory), false);
      // The threads of a killed server hold the port for a moment longer than the process seems to live.
      assert.equal(await canConnect(port), false);
    },
    { timeoutMs: 30_000 },
  );
});
