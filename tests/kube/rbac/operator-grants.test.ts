/**
 * What the chart lets the operator do is what it does: two operators run with the token of the chart's ServiceAccount and the chart's
 * RBAC, everything that users can ask of them is asked, and then the audit log is held against the grants, both ways.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { apiVersion } from '@sluice/contract/resources/api-group.ts';
import { type ControlPlane, startControlPlane } from '@sluice/testkit/control-plane.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { whyNoNatsServer } from '@sluice/testkit/find-nats-server.ts';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import { type AuditEvent, type KubeApi } from '@sluice/testkit/kube/kube-api.ts';
import { startKubeApi } from '@sluice/testkit/kube/start-kube-api.ts';
import { ProgramProcess } from '@sluice/testkit/program-process.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { type Manifest, parseManifests } from '../chart/manifest.ts';
import { buildUmbrella, type UmbrellaChart } from '../chart/umbrella-chart.ts';
import { compareGrants, grantsOf } from './grants.ts';

const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const operatorCommand = pathOf('../../../apps/operator/bin/sluice-operator');
const skip = (await whyNoKubeApi({ helm: true })) || (await whyNoNatsServer());
const timeoutMs = 60_000;

interface Stage {
  readonly api: KubeApi;
  readonly chart: UmbrellaChart;
  readonly plane: ControlPlane;
  readonly keyFile: string;
}

async function openStage(): Promise<Stage> {
  const [api, chart, plane, directory] = await Promise.all([
    startKubeApi({ after }),
    buildUmbrella({ after }, 4),
    startControlPlane({ after }),
    createTemporaryDirectory({ after }),
  ]);
  await api.installCrds(pathOf('../../../deploy/crds'));
  await api.installCrds(pathOf('./fixtures/referencegrants.crd.yaml'));
  const body = { client: 'operator', scopes: ['users:write', 'credentials:write', 'acl:write'] };
  const made = await plane.client.ask({ method: 'POST', path: '/v1/api-keys', body });
  const keyFile = join(directory, 'state-key');
  await writeFile(keyFile, (made.body as { readonly key: string }).key);
  return { api, chart, plane, keyFile };
}

const stage = skip === false ? await openStage() : null;

/** A release's namespace, and two of tenants. */
interface Places {
  readonly own: string;
  readonly tenant: string;
  readonly other: string;
}

class Exercise {
  readonly #stage: Stage;
  readonly places: Places;

  constructor(ofStage: Stage, places: Places) {
    this.#stage = ofStage;
    this.places = places;
  }

  /** Server-side apply, as a tenant would. */
  async apply(namespace: string, manifest: object): Promise<void> {
    const input = JSON.stringify({ apiVersion, ...manifest });
    const args = ['apply', '--server-side', '--force-conflicts', '--namespace', namespace, '--filename', '-'];
    const applied = await this.#stage.api.kubectl(args, { input });
    assert.equal(applied.code, 0, applied.stderr);
  }

  async applyRoute(name: string, spec: object): Promise<void> {
    await this.apply(this.places.tenant, { kind: 'ProxyRoute', metadata: { name }, spec });
  }

  async until(object: string, type: string, reason: string): Promise<void> {
    const path = `{.status.conditions[?(@.type=="${type}")].reason}`;
    const args = ['get', object, '--namespace', this.places.tenant, '--output', `jsonpath=${path}`];
    await eventually(
      async () => assert.equal((await this.#stage.api.kubectl(args)).stdout, reason, `${object} ${type}`),
      {
        timeoutMs,
        intervalMs: 200,
      },
    );
  }

  async delete(...args: readonly string[]): Promise<void> {
    const deleted = await this.#stage.api.kubectl(['delete', '--namespace', this.places.tenant, ...args]);
    assert.equal(deleted.code, 0, deleted.stderr);
  }

  async routesAndListeners(): Promise<void> {
    const { other } = this.places;
    await this.apply(this.places.tenant, {
      kind: 'ProxyListener',
      metadata: { name: 'live' },
      spec: { bind: ['127.0.0.1:0'] },
    });
    await this.until('proxylistener/live', 'Accepted', 'Accepted');
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'shop' }, spec: { ports: [{ port: 80 }] } };
    await this.apply(other, service);
    await this.applyRoute('shop', { to: { endpoints: [{ service: { name: 'shop', namespace: other, port: 80 } }] } });
    await this.until('proxyroute/shop', 'ResolvedRefs', 'RefNotPermitted');
    await this.apply(other, {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'ReferenceGrant',
      metadata: { name: 'tenant' },
      spec: {
        from: [{ group: 'sluice.dev', kind: 'ProxyRoute', namespace: this.places.tenant }],
        to: [{ group: '', kind: 'Service' }],
      },
    });
    await this.until('proxyroute/shop', 'ResolvedRefs', 'NoEndpoints');
    await this.apply(other, {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'shop-1', labels: { 'kubernetes.io/service-name': 'shop' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.1.0.1'], conditions: { ready: true } }],
      ports: [{ port: 8080, protocol: 'TCP' }],
    });
    await this.until('proxyroute/shop', 'ResolvedRefs', 'ResolvedRefs');
  }

  async users(): Promise<void> {
    await this.apply(this.places.tenant, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'pw' },
      stringData: { password: 'one' },
    });
    const spec = { password: { secretRef: { name: 'pw' } } };
    const name = `user-${this.places.tenant}`;
    await this.apply(this.places.tenant, { kind: 'ProxyUser', metadata: { name }, spec });
    await this.until(`proxyuser/${name}`, 'ResolvedRefs', 'ResolvedRefs');
    await this.delete('proxyuser', name, '--timeout=40s');
  }

  /** The same complaint again makes a series of one event. */
  async complaints(): Promise<void> {
    const match = { sni: ['bad.example.com'] };
    const bad = { match, to: { endpoints: [{ service: { name: 'nobody', port: 80 } }] } };
    const good = { match, to: { endpoints: [{ url: 'tcp://10.1.0.9:80' }] } };
    for (const spec of [bad, good, bad, good]) {
      await this.applyRoute('bad', spec);
      await this.until('proxyroute/bad', 'ResolvedRefs', spec === bad ? 'BackendNotFound' : 'ResolvedRefs');
    }
  }
}

/** The objects by which the chart gives the operator its leave. */
async function renderGrants(
  { chart }: Stage,
  { own, tenant, other }: Places,
  isNarrow: boolean,
): Promise<readonly Manifest[]> {
  const set = isNarrow ? ['--set', `operator.watchNamespaces={${tenant},${other}}`] : [];
  const text = await chart.template(['--set', 'crds.enabled=false', ...set], { namespace: own });
  const kinds = new Set(['ServiceAccount', 'Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding']);
  // Roles for people are bound to nobody here.
  const ours = parseManifests(text).filter(
    ({ kind, metadata }) => kinds.has(kind) && /sluice-operator(?:-lease)?$/.test(metadata.name),
  );
  return ours.map((one) => (one.kind.startsWith('Cluster') ? one : withNamespace(one, own)));
}

function withNamespace(manifest: Manifest, namespace: string): Manifest {
  return { ...manifest, metadata: { namespace, ...manifest.metadata } };
}

async function planOperators(
  t: { after(close: () => void | Promise<void>): void },
  places: Places,
  isNarrow: boolean,
): Promise<readonly ProgramProcess[]> {
  assert.ok(stage);
  const { api, plane, keyFile } = stage;
  const kubeconfig = await api.createTokenKubeconfig(places.own, 'sluice-operator');
  const args = [
    ...['run', '--kubeconfig', kubeconfig, '--lease-namespace', places.own, '--lease-name', 'sluice-operator'],
    ...['--admin', '127.0.0.1:0', '--nats', plane.nats.url, '--state-key-file', keyFile],
    ...['--state-url', plane.services[0]?.url ?? '', '--state-owner', places.own],
    ...(isNarrow ? ['--namespaces', `${places.tenant},${places.other}`] : []),
  ];
  return [1, 2].map(() => new ProgramProcess(t, { command: operatorCommand, args }));
}

async function runExercise(t: { after(close: () => void | Promise<void>): void }, isNarrow: boolean): Promise<void> {
  assert.ok(stage);
  const { api } = stage;
  const [own, tenant, other] = await Promise.all([1, 2, 3].map(() => api.createNamespace(t)));
  assert.ok(own !== undefined && tenant !== undefined && other !== undefined);
  const places = { own, tenant, other };
  const manifests = await renderGrants(stage, places, isNarrow);
  const input = manifests.map((one) => JSON.stringify(one)).join('\n---\n');
  const applied = await api.kubectl(['apply', '--filename', '-'], { input });
  assert.equal(applied.code, 0, applied.stderr);
  const [leader, standby] = await planOperators(t, places, isNarrow);
  assert.ok(leader && standby);
  await leader.start();
  await standby.start();
  const exercise = new Exercise(stage, places);
  await exercise.routesAndListeners();
  await exercise.users();
  await exercise.complaints();
  await leader.stop();
  await exercise.applyRoute('after', { match: { sni: ['after.example.com'] }, action: 'Ban' });
  await exercise.until('proxyroute/after', 'Accepted', 'Accepted');
  await exercise.delete('proxyroutes,proxylisteners', '--all');
  const username = `system:serviceaccount:${own}:sluice-operator`;
  await eventually(
    async () => assertMinimal(grantsOf(manifests), await api.auditLog(({ user }) => user.username === username)),
    {
      timeoutMs: 30_000,
      intervalMs: 500,
    },
  );
  await standby.stop();
}

function assertMinimal(grants: ReadonlySet<string>, requests: readonly AuditEvent[]): void {
  const refused = requests.filter(({ responseStatus }) => responseStatus?.code === 403);
  assert.deepEqual(
    refused.map(({ verb, requestURI }) => `${verb} ${requestURI}`),
    [],
  );
  assert.ok(grants.size > 15);
  assert.deepEqual(compareGrants(grants, requests), { unused: [], ungranted: [] });
}

describe('the leave that the chart gives the operator', { skip }, () => {
  test('is what it needs and no more, in the whole cluster', async (t) => {
    await runExercise(t, false);
  });

  test('is what it needs and no more, in named namespaces', async (t) => {
    await runExercise(t, true);
  });
});

describe('the comparison of grants and requests', () => {
  const role = (rules: readonly object[]): Manifest => ({
    apiVersion: 'v1',
    kind: 'Role',
    metadata: { name: 'a' },
    rules,
  });
  const request = (verb: string, name: string): AuditEvent => ({
    verb,
    requestURI: `/x/${name}`,
    user: { username: 'u' },
    objectRef: { resource: 'leases', apiGroup: 'g', name },
  });

  test('tells of what is granted in vain and of what is asked without a grant', () => {
    const grants = grantsOf([
      role([
        { apiGroups: ['g'], resources: ['leases'], verbs: ['create'] },
        { apiGroups: ['g'], resources: ['leases'], verbs: ['get', 'update'], resourceNames: ['mine'] },
      ]),
    ]);
    const requests = [request('create', ''), request('get', 'mine'), request('get', 'theirs')];
    assert.deepEqual(compareGrants(grants, requests), {
      unused: ['update g/leases mine'],
      ungranted: ['get /x/theirs'],
    });
  });
});
