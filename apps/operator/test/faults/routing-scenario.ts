/** What users of the API do with routes, listeners and Services in the tests of crashes, step by step, and the state that it must come to. */
import assert from 'node:assert/strict';
import { eventually } from '@sluice/testkit/eventually.ts';
import { builtInResources, type FakeResource } from '@sluice/testkit/kube/fake/fake-resource.ts';
import { readHeldEntries } from '@sluice/live-config/publisher/read-held-entries.ts';
import {
  type FleetProxy,
  listenerResource,
  type OperatorLab,
  routeResource,
  type StatusView,
} from '../operator-lab.ts';
import type { CrashRun } from './crash-run.ts';

const settleTimeoutMs = 60_000;
const toUrl = { to: { endpoints: [{ url: 'tcp://10.0.0.1:443' }] } };
const toShop = { to: { endpoints: [{ service: { name: 'shop', port: 80 } }] } };

interface Step {
  readonly act: (lab: OperatorLab) => Promise<void>;
  /** What every proxy has in force then, by bus key: the field that tells. */
  readonly inForce: Readonly<Record<string, unknown>>;
}

const web = 'routes.default=2Eweb';
const shop = 'routes.default=2Eshop';
const edge = 'listeners.edge';
const webSpec = { match: { sni: ['a.example.com'] }, ...toUrl };
const newWebSpec = { match: { sni: ['b.example.com'] }, ...toUrl };
const edgeSpec = { bind: ['0.0.0.0:443'] };

const steps: readonly Step[] = [
  {
    act: async (lab) => {
      await lab.put(listenerResource, 'edge', edgeSpec);
      await lab.put(routeResource, 'web', webSpec);
    },
    inForce: { [edge]: edgeSpec, [web]: webSpec },
  },
  {
    act: async (lab) => {
      await lab.put(builtIn('services'), 'shop', { ports: [{ port: 80, targetPort: 8080 }] });
      await putSlice(lab, ['10.1.0.1']);
      await lab.put(routeResource, 'shop', toShop);
    },
    inForce: { [edge]: edgeSpec, [web]: webSpec, [shop]: shopAt(['10.1.0.1']) },
  },
  {
    act: async (lab) => await lab.put(routeResource, 'web', newWebSpec),
    inForce: { [edge]: edgeSpec, [web]: newWebSpec, [shop]: shopAt(['10.1.0.1']) },
  },
  {
    act: async (lab) => await putSlice(lab, ['10.1.0.1', '10.1.0.2']),
    inForce: { [edge]: edgeSpec, [web]: newWebSpec, [shop]: shopAt(['10.1.0.1', '10.1.0.2']) },
  },
  {
    act: async (lab) => {
      await lab.delete(listenerResource, 'edge');
      // One that cannot be read: the last good version stays.
      await lab.put(routeResource, 'web', { match: { sources: ['10.0.0.1/8'] }, ...toUrl });
    },
    inForce: { [web]: newWebSpec, [shop]: shopAt(['10.1.0.1', '10.1.0.2']) },
  },
  {
    act: async (lab) => {
      await lab.delete(routeResource, 'shop');
      await lab.put(routeResource, 'last', toUrl);
    },
    inForce: { [web]: newWebSpec, 'routes.default=2Elast': toUrl },
  },
];

/** Resolves when the last step is in force and shown; a crash on the way may cost time and nothing else. */
export async function playRouting(run: CrashRun, proxies: readonly FleetProxy[]): Promise<void> {
  for (const { act, inForce } of steps) {
    await act(run.lab);
    await eventually(() => assertSettled(run.lab, proxies, inForce), { timeoutMs: settleTimeoutMs, intervalMs: 50 });
    await run.settled();
  }
}

export interface RoutingState {
  /** By bus key; null: a tombstone. */
  readonly bus: Readonly<Record<string, { readonly generation: number; readonly specText: string | null }>>;
  readonly statuses: Readonly<Record<string, StatusView>>;
  readonly inForce: readonly (readonly [string, unknown])[];
}

/** All that outlives an operator, but for times. */
export async function readRoutingState(
  { kube, store }: OperatorLab,
  proxies: readonly FleetProxy[],
): Promise<RoutingState> {
  const bus = store.connect();
  const held = await readHeldEntries('routing', bus, AbortSignal.timeout(10_000));
  await bus.close();
  const entries = [...held].map(([key, { generation, specText }]) => [key, { generation, specText }] as const);
  const objects = [routeResource, listenerResource].flatMap((resource) =>
    kube.objects(resource).map((object) => [`${resource.plural}/${object.metadata.name}`, statusOf(object)] as const),
  );
  return {
    bus: Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1))),
    statuses: Object.fromEntries(objects.map(([name, status]) => [name, withoutTimes(status)])),
    inForce: proxies.flatMap(({ specs }) => [...specs].toSorted(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function assertSettled(
  { kube }: OperatorLab,
  proxies: readonly FleetProxy[],
  inForce: Readonly<Record<string, unknown>>,
): void {
  for (const { specs } of proxies) assert.deepEqual(Object.fromEntries(specs), inForce);
  for (const object of [...kube.objects(routeResource), ...kube.objects(listenerResource)]) {
    const { observedGeneration, conditions = [], programmed } = statusOf(object);
    const { name, generation } = object.metadata;
    assert.equal(observedGeneration, generation, `the status of ${name} is of another generation`);
    const reconciling = conditions.find(({ type }) => type === 'Reconciling');
    assert.equal(reconciling?.status, 'False', `${name} is under way`);
    assert.equal(programmed, `${proxies.length}/${proxies.length}`, `${name} is not in force everywhere`);
  }
}

function statusOf(object: Readonly<Record<string, unknown>>): StatusView {
  return (object['status'] ?? {}) as StatusView;
}

function withoutTimes(status: StatusView): StatusView {
  const conditions = (status.conditions ?? []).map((condition) => ({ ...condition, lastTransitionTime: '' }));
  return { ...status, conditions };
}

function shopAt(addresses: readonly string[]): unknown {
  return { to: { endpoints: addresses.map((address) => ({ url: `tcp://${address}:8080`, weight: 1 })) } };
}

function builtIn(plural: string): FakeResource {
  const found = builtInResources.find((resource) => resource.plural === plural);
  assert.ok(found);
  return found;
}

async function putSlice(lab: OperatorLab, addresses: readonly string[]): Promise<void> {
  const path = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';
  const found = await lab.kube.client.send(`${path}/shop-1`);
  const fields = {
    addressType: 'IPv4',
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    ports: [{ port: 8080, protocol: 'TCP' }],
  };
  const metadata = { name: 'shop-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'shop' } };
  const body = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, ...fields };
  if (found.status === 404) await lab.create(builtIn('endpointslices'), body);
  else await lab.kube.client.call(`${path}/shop-1`, { method: 'PUT', body: { ...found.body, ...fields } });
}
