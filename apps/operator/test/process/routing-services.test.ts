import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { builtInResources, type FakeResource } from '@sluice/testkit/kube/fake/fake-resource.ts';
import { conditionOf, grantResource, type OperatorLab, routeResource, startOperatorLab } from '../operator-lab.ts';

function builtIn(plural: string): FakeResource {
  const found = builtInResources.find((resource) => resource.plural === plural);
  assert.ok(found);
  return found;
}
const services = builtIn('services');
const slices = builtIn('endpointslices');

interface SliceOptions {
  readonly namespace?: string;
  readonly unready?: readonly string[];
}

async function putSlice(
  lab: OperatorLab,
  service: string,
  addresses: readonly string[],
  { namespace = 'default', unready = [] }: SliceOptions = {},
): Promise<void> {
  const name = `${service}-abc`;
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
  const found = await lab.kube.client.send(`${path}/${name}`);
  const fields = {
    addressType: 'IPv4',
    endpoints: [
      ...addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
      ...unready.map((address) => ({ addresses: [address], conditions: { ready: false } })),
    ],
    ports: [{ name: 'web', port: 8443, protocol: 'TCP' }],
  };
  if (found.status === 404) {
    const metadata = { name, namespace, labels: { 'kubernetes.io/service-name': service } };
    await lab.create(
      slices,
      { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, ...fields },
      namespace,
    );
  } else {
    await lab.kube.client.call(`${path}/${name}`, { method: 'PUT', body: { ...found.body, ...fields } });
  }
}

const toShop = { to: { endpoints: [{ service: { name: 'shop', portName: 'web' } }] } };
const shopPorts = { ports: [{ name: 'web', port: 443, targetPort: 8443, protocol: 'TCP' }] };

describe('Services of routes', () => {
  it('are followed through their EndpointSlices', async (t) => {
    const lab = await startOperatorLab(t);
    const proxy = lab.proxy();
    await lab.startOperator();
    await lab.put(routeResource, 'shop', toShop);
    const missing = await lab.untilCondition(() => lab.route('shop'), 'ResolvedRefs', 'False BackendNotFound');
    assert.match(conditionOf(missing, 'ResolvedRefs')?.message ?? '', /spec\.to\.endpoints\[0\].*default\/shop/);
    assert.equal(conditionOf(missing, 'Stalled')?.status, 'False');
    // It takes its connections and refuses them: it must not fall through to another route.
    await eventually(() => assert.deepEqual(proxy.specs.get('routes.default=2Eshop'), { to: { endpoints: [] } }));
    await lab.put(services, 'shop', shopPorts);
    await lab.untilCondition(() => lab.route('shop'), 'ResolvedRefs', 'True NoEndpoints');
    await putSlice(lab, 'shop', ['10.1.0.2', '10.1.0.1'], { unready: ['10.1.0.3'] });
    const status = await lab.untilCondition(() => lab.route('shop'), 'ResolvedRefs', 'True ResolvedRefs');
    assert.equal(status.endpoints, 2);
    const two = ['tcp://10.1.0.1:8443', 'tcp://10.1.0.2:8443'].map((url) => ({ url, weight: 1 }));
    await eventually(() => assert.deepEqual(proxy.specs.get('routes.default=2Eshop'), { to: { endpoints: two } }));
    await putSlice(lab, 'shop', ['10.1.0.9']);
    const one = [{ url: 'tcp://10.1.0.9:8443', weight: 1 }];
    await eventually(() => assert.deepEqual(proxy.specs.get('routes.default=2Eshop'), { to: { endpoints: one } }));
  });

  it('of another namespace need a ReferenceGrant, and do not tell whether they exist', async (t) => {
    const lab = await startOperatorLab(t);
    lab.proxy();
    await lab.startOperator();
    const other = await lab.kube.createNamespace();
    const service = { name: 'shop', namespace: other, port: 443 };
    await lab.put(routeResource, 'shop', { to: { endpoints: [{ service }] } });
    const before = await lab.untilCondition(() => lab.route('shop'), 'ResolvedRefs', 'False RefNotPermitted');
    await lab.put(services, 'shop', shopPorts, other);
    await putSlice(lab, 'shop', ['10.1.0.1'], { namespace: other });
    const from = [{ group: 'sluice.dev', kind: 'ProxyRoute', namespace: 'default' }];
    await lab.put(
      grantResource,
      'elsewhere',
      { from: [{ ...from[0], namespace: 'x' }], to: [{ group: '', kind: 'Service' }] },
      other,
    );
    const after = await lab.untilCondition(() => lab.route('shop'), 'ResolvedRefs', 'False RefNotPermitted');
    assert.equal(conditionOf(before, 'ResolvedRefs')?.message, conditionOf(after, 'ResolvedRefs')?.message);
    await lab.put(grantResource, 'shop', { from, to: [{ group: '', kind: 'Service', name: 'shop' }] }, other);
    const granted = await lab.untilCondition(() => lab.route('shop'), 'Ready', 'True Ready');
    assert.equal(granted.endpoints, 1);
    await lab.delete(grantResource, 'shop', other);
    await lab.untilCondition(() => lab.route('shop'), 'ResolvedRefs', 'False RefNotPermitted');
  });

  it('are found without the kind ReferenceGrant in the cluster', async (t) => {
    const lab = await startOperatorLab(t, {
      resources: [routeResource, { ...routeResource, plural: 'proxylisteners', kind: 'ProxyListener' }],
    });
    lab.proxy();
    await lab.startOperator();
    await lab.put(services, 'shop', shopPorts);
    await putSlice(lab, 'shop', ['10.1.0.1']);
    await lab.put(routeResource, 'shop', toShop);
    await lab.untilCondition(() => lab.route('shop'), 'Ready', 'True Ready');
  });
});
