/** Routes from the API server to three proxies and back: what `kubectl apply` does to traffic, and what `kubectl get` says of it. */
import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { describe, it } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { sharedKubeApi } from '@sluice/testkit/kube/shared-kube-api.ts';
import { startNamedOrigin } from '@sluice/testkit/named-origin.ts';
import type { SluiceProcess } from '@sluice/testkit/sluice-process.ts';
import { conditionOf, openOperatorScene, type OperatorScene, whyNoOperatorScene } from './operator-scene.ts';

const skip = await whyNoOperatorScene();

const toPort = (port: number): object => ({ to: { endpoints: [{ url: `tcp://127.0.0.1:${port}` }] } });

async function assertGreets(scene: OperatorScene, proxies: readonly SluiceProcess[], name: string): Promise<void> {
  for (const proxy of proxies) {
    await eventually(async () => assert.equal(await scene.greeting(proxy), name), { timeoutMs: 10_000 });
  }
}

describe('routes', { skip }, () => {
  it('are served by every proxy once kubectl get says so', async (t) => {
    const scene = await openOperatorScene(t, await sharedKubeApi());
    const [one, proxies] = await Promise.all([
      startNamedOrigin(t, 'one'),
      scene.startProxies(3),
      scene.startOperator(),
    ]);
    const manifest = JSON.stringify({
      apiVersion: 'sluice.dev/v1alpha1',
      kind: 'ProxyRoute',
      metadata: { name: 'web' },
      spec: toPort(one.port),
    });
    const { namespace } = scene;
    const applied = await scene.api.kubectl(['apply', '--namespace', namespace, '--filename', '-'], {
      input: manifest,
    });
    assert.equal(applied.code, 0, applied.stderr);
    const waited = await scene.api.kubectl([
      ...['wait', '--namespace', namespace, 'proute/web', '--for=condition=Ready', '--timeout=30s'],
    ]);
    assert.equal(waited.code, 0, waited.stderr);
    // It is not shown before it is so.
    for (const proxy of proxies) assert.equal(await scene.greeting(proxy), 'one');
    const shown = await scene.api.kubectl(['get', 'proute', 'web', '--namespace', namespace, '--no-headers']);
    assert.match(shown.stdout, /^web +\* +tcp:\/\/127\.0\.0\.1:[0-9]+ +True +3\/3 /);
  });

  it('show a rejection with its reason and the proxy within a second', async (t) => {
    const scene = await openOperatorScene(t, await sharedKubeApi());
    await Promise.all([scene.startProxies(2), scene.startOperator()]);
    await scene.applyRoute('warm', toPort(9));
    await scene.untilRoute('warm', 'Ready', 'True Ready');
    const took: number[] = [];
    for (const name of ['a', 'b', 'c']) {
      const beganMs = performance.now();
      await scene.applyRoute(name, { listeners: ['egde'], match: { sni: [`${name}.example.com`] }, ...toPort(9) });
      const status = await scene.untilRoute(name, 'Programmed', 'False Rejected');
      took.push(performance.now() - beganMs);
      const { message = '' } = conditionOf(status, 'Programmed') ?? {};
      assert.match(
        message,
        /^0\/2 proxies; rejected by edge-[01]: .*no listener is called "?egde.*did you mean edge\?/,
      );
    }
    // A busy machine may delay one of them.
    assert.ok(Math.min(...took) < 1_000, `${took.map((ms) => Math.round(ms)).join(', ')} ms`);
    const events = await scene.api.kubectl(['get', 'events', '--namespace', scene.namespace, '--output=name']);
    assert.equal(events.code, 0, events.stderr);
    await eventually(async () => {
      const found = await scene.api.kubectl(['describe', 'proute', 'a', '--namespace', scene.namespace]);
      assert.match(found.stdout, /Warning +Rejected/);
    });
  });

  it('do not wait for a proxy that has been stopped', async (t) => {
    const scene = await openOperatorScene(t, await sharedKubeApi());
    const [[, second]] = await Promise.all([scene.startProxies(2), scene.startOperator()]);
    assert.ok(second);
    await scene.applyRoute('first', { match: { sni: ['first.example.com'] }, ...toPort(9) });
    const both = await scene.untilRoute('first', 'Ready', 'True Ready');
    assert.equal(both.programmed, '2/2');
    await second.stop();
    // A proxy that has died counts for thirty seconds.
    await scene.applyRoute('second', { match: { sni: ['second.example.com'] }, ...toPort(9) });
    const alone = await scene.untilRoute('second', 'Ready', 'True Ready', { timeoutMs: 15_000 });
    assert.equal(alone.programmed, '1/1');
    await eventually(async () => assert.equal((await scene.status('proxyroutes', 'first')).programmed, '1/1'));
  });

  it('follow the endpoints of their Services', async (t) => {
    const scene = await openOperatorScene(t, await sharedKubeApi());
    // Endpoints may not be loopback addresses: origins listen on one that this machine has.
    const host = ownAddress();
    const [one, two, proxies] = await Promise.all([
      startNamedOrigin(t, 'one', host === null ? {} : { host }),
      startNamedOrigin(t, 'two', host === null ? {} : { host }),
      scene.startProxies(1),
      scene.startOperator(),
    ]);
    await scene.applyRoute('shop', { to: { endpoints: [{ service: { name: 'shop', port: 80 } }] } });
    await scene.untilRoute('shop', 'ResolvedRefs', 'False BackendNotFound');
    const { namespace } = scene;
    await scene.api.client.call(`/api/v1/namespaces/${namespace}/services`, {
      method: 'POST',
      body: { metadata: { name: 'shop' }, spec: { ports: [{ name: 'web', port: 80 }] } },
    });
    await scene.untilRoute('shop', 'ResolvedRefs', 'True NoEndpoints');
    await putSlice(scene, 'shop-one', host ?? '10.0.0.1', one.port);
    const status = await scene.untilRoute('shop', 'ResolvedRefs', 'True ResolvedRefs');
    assert.equal(status.endpoints, 1);
    if (host !== null) await assertGreets(scene, proxies, 'one');
    await putSlice(scene, 'shop-two', host ?? '10.0.0.2', two.port);
    await eventually(async () => assert.equal((await scene.status('proxyroutes', 'shop')).endpoints, 2));
    await scene.api.client.call(`/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices/shop-one`, {
      method: 'DELETE',
    });
    await eventually(async () => assert.equal((await scene.status('proxyroutes', 'shop')).endpoints, 1));
    if (host !== null) await assertGreets(scene, proxies, 'two');
  });
});

describe('listeners', { skip }, () => {
  it('are opened on every proxy and closed with their object', async (t) => {
    const scene = await openOperatorScene(t, await sharedKubeApi());
    const [origin, [proxy]] = await Promise.all([
      startNamedOrigin(t, 'origin'),
      scene.startProxies(1),
      scene.startOperator(),
    ]);
    assert.ok(proxy);
    const name = `live-${scene.namespace}`;
    await scene.apply('ProxyListener', 'proxylisteners', name, { bind: ['127.0.0.1:0'], detect: { protocols: [] } });
    await scene.applyRoute('web', { listeners: [name], ...toPort(origin.port) });
    await scene.untilStatus('proxylisteners', name, { type: 'Ready', expected: 'True Ready' });
    await scene.untilRoute('web', 'Ready', 'True Ready');
    await scene.api.client.call(scene.pathOf('proxylisteners', name), { method: 'DELETE' });
    // The route names a listener that is gone: the proxy keeps the route's last good version and says so.
    await scene.untilRoute('web', 'Programmed', 'False Rejected');
  });
});

function ownAddress(): string | null {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? null;
}

async function putSlice(scene: OperatorScene, name: string, address: string, port: number): Promise<void> {
  await scene.api.client.call(`/apis/discovery.k8s.io/v1/namespaces/${scene.namespace}/endpointslices`, {
    method: 'POST',
    body: {
      metadata: { name, labels: { 'kubernetes.io/service-name': 'shop' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
      ports: [{ name: 'web', port, protocol: 'TCP' }],
    },
  });
}
