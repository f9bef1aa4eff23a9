/** What the chart renders runs: the processes of this checkout, started as the pods of the chart say. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { whyNoNatsServer } from '@sluice/testkit/find-nats-server.ts';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import { runCommand } from '@sluice/testkit/run-command.ts';
import { startSshBannerOrigin } from '@sluice/testkit/ssh-banner-origin.ts';
import { parseManifests } from './manifest.ts';
import { startRenderedInstallation } from './rendered-installation.ts';
import { planPod } from './run-as-kubelet.ts';

const skip = (await whyNoKubeApi({ helm: true })) || (await whyNoNatsServer());
const ours = skip === false ? await startRenderedInstallation({ after }) : null;

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

  test('let the operator do all it tries to do', async () => {
    assert.ok(ours);
    const username = `system:serviceaccount:${ours.namespace}:sluice-operator`;
    const events = await ours.api.auditLog((event) => event.user.username === username);
    assert.ok(events.length > 0);
    // The kind may be absent from a cluster: then there is nothing to be had, with leave or without.
    const refused = events.filter(({ responseStatus }) => responseStatus?.code === 403);
    assert.deepEqual(
      refused.map(({ verb, requestURI }) => `${verb} ${requestURI}`),
      [],
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
    const job = manifests.find(({ kind }) => kind === 'Job');
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
