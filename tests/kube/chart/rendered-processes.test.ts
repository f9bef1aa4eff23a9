/** What the chart renders runs: the processes of this checkout, started as the pods of the chart say. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { whyNoNatsServer } from '@sluice/testkit/find-nats-server.ts';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import { runCommand } from '@sluice/testkit/run-command.ts';
import { startSshBannerOrigin } from '@sluice/testkit/ssh-banner-origin.ts';
import type { KubeApi } from '@sluice/testkit/kube/kube-api.ts';
import { findManifest, type Manifest, parseManifests } from './manifest.ts';
import { startRenderedInstallation } from './rendered-installation.ts';
import { planPod } from './run-as-kubelet.ts';

const skip = (await whyNoKubeApi({ helm: true })) || (await whyNoNatsServer());
const ours = skip === false ? await startRenderedInstallation({ after }) : null;

/** Needed, but not within this test: an event that repeats for minutes, and a kind that this API server does not have. */
const unseen = ['patch events.k8s.io/events', 'watch gateway.networking.k8s.io/referencegrants'];

describe('the processes of the chart', { skip }, () => {
  test('carry a ProxyRoute to the proxy, which serves it and says so', async (t) => {
    assert.ok(ours);
    const { api, namespace, address } = ours;
    const origin = await startSshBannerOrigin(t, 'behind_the_chart');
    const route = {
      apiVersion: 'sluice.dev/v1alpha1',
      kind: 'ProxyRoute',
      metadata: { name: 'shell', namespace },
      spec: { match: { protocol: 'SSH' }, to: { endpoints: [{ url: `tcp://${origin.host}:${origin.port}` }] } },
    };
    const applied = await api.kubectl(['apply', '--filename', '-'], { input: JSON.stringify(route) });
    assert.equal(applied.code, 0, applied.stderr);
    const args = ['wait', 'proxyroute/shell', '-n', namespace, '--for=condition=Programmed', '--timeout=40s'];
    const waited = await api.kubectl(args);
    assert.equal(waited.code, 0, waited.stderr);
    const [host = '', port = ''] = address(8443).split(':');
    const shown = await eventually(async () => {
      const { stdout } = await runCommand('/usr/bin/nc', ['-w', '5', host, port], { input: 'SSH-2.0-test\r\n' });
      assert.match(stdout, /behind_the_chart/);
      return stdout;
    });
    assert.match(shown, /^SSH-2\.0-behind_the_chart/);
  });

  test('let the operator do all it does, and nothing else', async () => {
    assert.ok(ours);
    const { api, namespace } = ours;
    // Its own namespace gets no finalizers, and so no right is needed there that other namespaces need.
    const tenant = 'tenant';
    await api.client.call('/api/v1/namespaces', { method: 'POST', body: { metadata: { name: tenant } } });
    await exerciseOperator(api, tenant);
    // The chart makes it: it is made by the operator only when somebody has deleted it.
    const lease = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/sluice-operator`;
    await api.client.call(lease, { method: 'DELETE' });
    const username = `system:serviceaccount:${namespace}:sluice-operator`;
    await eventually(
      async () => {
        const events = await api.auditLog((event) => event.user.username === username);
        const refused = events.filter(({ responseStatus }) => responseStatus?.code === 403);
        assert.deepEqual(
          refused.map(({ verb, requestURI }) => `${verb} ${requestURI}`),
          [],
        );
        const used = new Set(
          events.flatMap(({ verb, objectRef }) => {
            const { apiGroup = '', resource, subresource } = objectRef ?? {};
            return [`${verb} ${apiGroup}/${resource}${subresource === undefined ? '' : `/${subresource}`}`];
          }),
        );
        for (const one of unseen) used.add(one);
        assert.deepEqual([...used].toSorted(), grantsOf(ours.manifests));
      },
      { timeoutMs: 40_000 },
    );
  });

  test('pass helm test, and fail it when the proxy is gone', async (t) => {
    assert.ok(ours);
    const { api, namespace, address } = ours;
    const hooks = await api.helm(4, ['get', 'hooks', 'sluice', '-n', namespace]);
    const manifests = parseManifests(hooks.stdout);
    for (const map of manifests.filter(({ kind }) => kind === 'ConfigMap')) {
      await api.client.call(`/api/v1/namespaces/${namespace}/configmaps`, { method: 'POST', body: map });
    }
    const job = manifests.find(({ kind, metadata }) => kind === 'Job' && metadata.name === 'sluice-test');
    assert.ok(job);
    const run = async (): Promise<readonly string[]> => {
      const process = await planPod(t, withLocalAddresses(job, address), ours.place, {
        command: globalThis.process.execPath,
      });
      process.spawn();
      await eventually(() => assert.equal(process.isRunning, false), { timeoutMs: 90_000 });
      return process.strays;
    };
    const passed = await run();
    assert.ok(passed.length >= 4 && passed.every((line) => line.startsWith('ok: ')), passed.join('\n'));
    await ours.proxy.kill();
    const failed = await run();
    assert.ok(
      failed.some((line) => /^FAILED: .* is ready/.test(line)),
      failed.join('\n'),
    );
  });
});

/** One object of each kind, with all that needs a right of its own: a Secret, a finalizer, an event of trouble. */
async function exerciseOperator(api: KubeApi, namespace: string): Promise<void> {
  const metadata = (name: string): object => ({ name, namespace });
  const objects = [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: metadata('alice'),
      stringData: { password: 'correct horse battery' },
    },
    {
      apiVersion: 'sluice.dev/v1alpha1',
      kind: 'ProxyUser',
      metadata: metadata('alice'),
      spec: { password: { secretRef: { name: 'alice' } } },
    },
    {
      apiVersion: 'sluice.dev/v1alpha1',
      kind: 'ProxyListener',
      metadata: metadata('more'),
      spec: { bind: ['127.0.0.1:0'] },
    },
    {
      apiVersion: 'sluice.dev/v1alpha1',
      kind: 'ProxyRoute',
      metadata: metadata('nowhere'),
      spec: { match: { protocol: 'TLS' }, to: { endpoints: [{ service: { name: 'absent', port: 443 } }] } },
    },
  ];
  const input = objects.map((object) => JSON.stringify(object)).join('\n---\n');
  const applied = await api.kubectl(['apply', '--filename', '-'], { input });
  assert.equal(applied.code, 0, applied.stderr);
  const waited = await api.kubectl([
    'wait',
    'proxyuser/alice',
    '-n',
    namespace,
    '--for=condition=Ready',
    '--timeout=40s',
  ]);
  assert.equal(waited.code, 0, waited.stderr);
  const deleted = await api.kubectl(['delete', 'proxyuser/alice', '-n', namespace, '--timeout=40s']);
  assert.equal(deleted.code, 0, deleted.stderr);
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** `verb group/resource` of all that the chart's roles give the operator, once each. */
function grantsOf(manifests: readonly Manifest[]): readonly string[] {
  const roles = [
    findManifest(manifests, 'ClusterRole', 'proxies.sluice-operator'),
    findManifest(manifests, 'Role', 'sluice-operator-lease'),
  ];
  const rules = roles.flatMap((role) => role['rules'] as readonly Rule[]);
  const grants = rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((one) => verbs.map((verb) => `${verb} ${group}/${one}`))),
  );
  return [...new Set(grants)].toSorted();
}

/** Names of Services and their ports, which only a cluster resolves. */
function withLocalAddresses(
  job: ReturnType<typeof parseManifests>[number],
  address: (port: 9900 | 8081 | 8080 | 8443 | 1080) => string,
): typeof job {
  const portOf = (port: 9900 | 8081 | 8080 | 8443 | 1080): string => address(port).split(':')[1] ?? '';
  const [host = ''] = address(9900).split(':');
  const text = JSON.stringify(job)
    .replaceAll(/"sluice-proxy(?:-admin)?"/g, JSON.stringify(host))
    .replace('"60"', JSON.stringify('4'))
    .replace('"9900"', JSON.stringify(portOf(9900)))
    .replace('"8081"', JSON.stringify(portOf(8081)))
    .replace('"80,443,1080"', JSON.stringify([8080, 8443, 1080].map((port) => portOf(port as 8080)).join()));
  return JSON.parse(text) as typeof job;
}
