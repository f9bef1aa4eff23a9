/** Every combination of values that charts/umbrella/ci holds, before anything is installed. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import { sharedKubeApi } from '@sluice/testkit/kube/shared-kube-api.ts';
import { findManifest, type Manifest, parseManifests } from './manifest.ts';
import { buildUmbrella, type HelmVersion, helmVersions, type UmbrellaChart } from './umbrella-chart.ts';

const skip = await whyNoKubeApi({ helm: true });
/** Kinds that a cluster may lack; their definitions belong to the Prometheus Operator. */
const foreignKinds = new Set(['ServiceMonitor', 'PrometheusRule']);
const ciFolder = new URL('../../../charts/umbrella/ci/', import.meta.url);
const ciFiles = [null, ...(await readdir(ciFolder))];

interface PodSpec {
  readonly automountServiceAccountToken?: boolean;
  readonly serviceAccountName?: string;
  readonly containers: readonly { readonly name: string; readonly image: string; readonly resources?: object }[];
}

function podSpecsOf(manifests: readonly Manifest[]): readonly { readonly name: string; readonly spec: PodSpec }[] {
  const workloads = manifests.filter(({ kind }) => ['Deployment', 'DaemonSet', 'StatefulSet', 'Job'].includes(kind));
  return workloads.map((workload) => {
    const { template } = workload['spec'] as { readonly template: { readonly spec: PodSpec } };
    return { name: `${workload.kind} ${workload.metadata.name}`, spec: template.spec };
  });
}

const charts = new Map<HelmVersion, UmbrellaChart>();
if (skip === false) {
  for (const version of helmVersions) charts.set(version, await buildUmbrella({ after }, version));
}

describe('the umbrella', { skip }, () => {
  function chartOf(version: HelmVersion): UmbrellaChart {
    const chart = charts.get(version);
    assert.ok(chart);
    return chart;
  }
  const valuesOf = (file: string | null): readonly string[] => (file === null ? [] : ['--values', join('ci', file)]);

  for (const version of helmVersions) {
    test(`passes helm ${version} lint with each file of ci`, async () => {
      for (const file of ciFiles) {
        const result = await chartOf(version).helm(['lint', '.', '--strict', ...valuesOf(file)]);
        assert.equal(result.code, 0, `${file}: ${result.stdout}${result.stderr}`);
      }
    });
  }

  test('renders the same with Helm 3 and Helm 4', async () => {
    for (const file of ciFiles) {
      const [three, four] = await Promise.all(helmVersions.map((version) => chartOf(version).template(valuesOf(file))));
      assert.deepEqual(parseManifests(four ?? ''), parseManifests(three ?? ''), String(file));
    }
  });

  for (const file of ciFiles) {
    test(`is taken by the API server to the last field with ${file ?? 'no values'}`, async (t) => {
      const api = await sharedKubeApi();
      const namespace = await api.createNamespace(t, { 'pod-security.kubernetes.io/warn': 'restricted' });
      const args = [...valuesOf(file), '--set', 'crds.enabled=false'];
      const text = await chartOf(3).template(args, { namespace });
      const manifests = parseManifests(text).filter(({ kind }) => !foreignKinds.has(kind));
      const input = manifests.map((one) => JSON.stringify(one)).join('\n---\n');
      // As Helm 4 does it, which is the stricter way; and each object says itself where it belongs.
      const result = await api.kubectl(
        ['apply', '--server-side', '--dry-run=server', '--validate=strict', '--filename', '-'],
        { input },
      );
      assert.equal(result.code, 0, result.stderr);
      assert.equal(result.stdout.trim().split('\n').length, manifests.length);
      const elsewhere = manifests.filter((one) => one.metadata.namespace !== namespace).map(({ kind }) => kind);
      const mayBeElsewhere = /^ClusterRole|^Role(?:Binding)?$/;
      assert.deepEqual(
        elsewhere.filter((kind) => !mayBeElsewhere.test(kind)),
        [],
      );
      const isHostAccess = file === 'edge-values.yaml' || file === 'nodes-values.yaml';
      assert.equal(/would violate PodSecurity/.test(result.stderr), isHostAccess, result.stderr);
    });

    test(`gives no pod a token, limits or rights it does not need with ${file ?? 'no values'}`, async () => {
      const manifests = parseManifests(await chartOf(4).template(valuesOf(file)));
      const specs = podSpecsOf(manifests);
      assert.ok(specs.length > 0);
      for (const { name, spec } of specs) {
        const needsToken = /operator|init-secrets|release-users|prometheus/.test(name);
        assert.equal(spec.automountServiceAccountToken ?? true, needsToken, name);
        for (const container of spec.containers) assert.ok(container.resources, `${name} has no resources`);
      }
    });
  }

  test('has names that are taken whatever the release is called', async (t) => {
    const api = await sharedKubeApi();
    const namespace = await api.createNamespace(t);
    for (const release of ['r'.repeat(53), `${'r'.repeat(28)}-${'s'.repeat(24)}`, 'on', 'my.edge', 'a.sluice']) {
      const text = await chartOf(3).template(['--set', 'crds.enabled=false'], { release, namespace });
      const args = ['create', '--dry-run=server', '--validate=strict', '--filename', '-'];
      const result = await api.kubectl(args, { input: text });
      assert.equal(result.code, 0, `${release}: ${result.stderr}`);
    }
    await assert.rejects(chartOf(3).template([], { release: '1a' }), /1a-sluice cannot begin the names of Services/);
  });

  test('takes names in values that YAML reads as something else', async (t) => {
    const api = await sharedKubeApi();
    const namespace = await api.createNamespace(t);
    const secrets = [
      'global.ackKeySecret=1',
      'global.nats.caSecret=no',
      'nats.tlsSecret=1e5',
      'stateService.pepperSecret=y',
    ];
    const others = ['proxy.scheduling.priorityClassName=on', 'nats.persistence.storageClass=0x1'];
    const set = ['crds.enabled=false', ...secrets, ...others].join();
    const text = await chartOf(3).template(
      ['--set-string', set.replace('crds.enabled=false,', ''), '--set', 'crds.enabled=false'],
      { namespace },
    );
    const result = await api.kubectl(['create', '--dry-run=server', '--validate=strict', '--filename', '-'], {
      input: text,
    });
    assert.equal(result.code, 0, result.stderr);
  });

  test('shares no object of the cluster with a release elsewhere', async () => {
    const namesOf = async (release: string, namespace: string): Promise<readonly string[]> => {
      const manifests = parseManifests(
        await chartOf(4).template(['--set', 'crds.enabled=false'], { release, namespace }),
      );
      const shared = manifests.filter(({ metadata }) => metadata.namespace === undefined);
      return shared.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    };
    // With a dash between namespace and name, both would have an-edge-sluice-operator.
    const [one, other] = await Promise.all([namesOf('edge-sluice', 'an'), namesOf('sluice', 'an-edge')]);
    assert.ok(one.length >= 4);
    assert.deepEqual(
      one.filter((name) => other.includes(name)),
      [],
    );
  });

  test('makes Secrets with the image of the operator unless another is named', async () => {
    const imageOf = async (set: string): Promise<string | undefined> => {
      const specs = podSpecsOf(parseManifests(await chartOf(4).template(['--set', set])));
      return specs.find(({ name }) => name.startsWith('Job') && name.includes('init-secrets'))?.spec.containers[0]
        ?.image;
    };
    assert.equal(await imageOf('proxy.replicas=1'), 'sluice/operator:0.1.0');
    assert.equal(await imageOf('operator.image.tag=edge'), 'sluice/operator:edge');
    assert.equal(await imageOf('operator.image.repository=example.com/op'), 'example.com/op:0.1.0');
    assert.equal(await imageOf('operator.image.tag=edge,initSecrets.image.tag=other'), 'sluice/operator:other');
    assert.equal(await imageOf('operator.enabled=false,operator.users.enabled=false'), 'sluice/operator:0.1.0');
  });

  test('leaves out the alerts that the values name, and no other rule', async () => {
    const rulesOf = async (set: string): Promise<readonly { readonly alert?: string; readonly expr: string }[]> => {
      const manifests = parseManifests(await chartOf(4).template(['--set', `monitoring.rules.enabled=Always,${set}`]));
      const { groups } = findManifest(manifests, 'PrometheusRule', 'sluice')['spec'] as {
        readonly groups: readonly { readonly rules: readonly { readonly alert?: string; readonly expr: string }[] }[];
      };
      return groups.flatMap(({ rules }) => rules);
    };
    const all = await rulesOf('proxy.replicas=2');
    assert.ok(all.length > 40);
    const left = await rulesOf('monitoring.rules.leaveOut={SluiceNoProxy,SluiceLogLinesDropped}');
    const isLeft = ({ alert }: { readonly alert?: string }): boolean =>
      alert !== 'SluiceNoProxy' && alert !== 'SluiceLogLinesDropped';
    assert.equal(left.length, all.length - 2);
    assert.deepEqual(left, all.filter(isLeft));
  });

  test('has no PodDisruptionBudget for a DaemonSet, whose pods nobody can count', async () => {
    const budgetsOf = async (set: string): Promise<number> => {
      const manifests = parseManifests(await chartOf(4).template(['--set', set]));
      return manifests.filter(
        ({ kind, metadata }) => kind === 'PodDisruptionBudget' && metadata.name === 'sluice-proxy',
      ).length;
    };
    assert.equal(await budgetsOf('proxy.kind=Deployment'), 1);
    assert.equal(await budgetsOf('proxy.kind=DaemonSet'), 0);
  });

  test('lets an autoscaler own the number of pods', async () => {
    const manifests = parseManifests(await chartOf(4).template(valuesOf('cluster-values.yaml')));
    const deployment = findManifest(manifests, 'Deployment', 'sluice-proxy');
    assert.equal(Object.hasOwn(deployment['spec'] as object, 'replicas'), false);
    findManifest(manifests, 'HorizontalPodAutoscaler', 'sluice-proxy');
  });

  test('puts images behind a registry and a digest before a tag', async () => {
    const manifests = parseManifests(await chartOf(4).template(valuesOf('external-values.yaml')));
    const images = podSpecsOf(manifests).flatMap(({ spec }) => spec.containers.map(({ image }) => image));
    assert.ok(
      images.every((image) => image.startsWith('registry.example.com/proxies/sluice/')),
      images.join(),
    );
    const pinned = parseManifests(await chartOf(4).template(valuesOf('cluster-values.yaml')));
    const proxy = podSpecsOf(pinned).find(({ name }) => name === 'Deployment sluice-proxy');
    assert.match(proxy?.spec.containers[0]?.image ?? '', /^sluice\/proxy@sha256:[0-9a-f]{64}$/);
  });

  test('restarts proxies for a changed datapath and for nothing else of sluice.yaml', async () => {
    const checksumOf = async (set: string): Promise<string> => {
      const text = await chartOf(4).template(['--set', set]);
      return /checksum\/datapath: "([0-9a-f]+)"/.exec(text)?.[1] ?? '';
    };
    const plain = await checksumOf('proxy.replicas=2');
    assert.match(plain, /^[0-9a-f]{16}$/);
    assert.equal(await checksumOf('proxy.config.log.access=false'), plain);
    assert.notEqual(await checksumOf('proxy.config.datapath.mode=Workers'), plain);
  });

  for (const [set, message] of [
    ['proxy.replcas=3', /replcas/],
    ['global.nats.server=x', /server/],
    ['nope=1', /nope/],
    ['proxy.kind=StatefulSet', /kind/],
    ['proxy.adminPort=70000', /adminPort/],
    ['proxy.stateVolume.sizeLimit=lots', /sizeLimit/],
    ['nats.enabled=false', /global\.nats\.servers is empty: name the servers/],
    ['postgres.enabled=false', /global\.postgres\.urlSecret is empty/],
    ['nats.tlsSecret=certificate', /global\.nats\.caSecret belong together/],
    ['stateService.enabled=false', /global\.stateService\.url is empty/],
    ['global.stateService.url=https://state.example.com', /global\.stateService\.url names another: keep one/],
    ['global.nats.seedSecrets.proxy=mine', /seedSecrets\.proxy names mine and nats\.enabled is true/],
    [
      'stateService.enabled=false,postgres.enabled=false,global.stateService.url=https://state.example.com',
      /global\.stateService\.operatorKeySecret is empty/,
    ],
    ['monitoring.rules.enabled=Always,monitoring.rules.leaveOut={SluiceNothing}', /names SluiceNothing: there is no/],
    ['monitoring.grafana.enabled=true', /monitoring\.prometheus\.enabled is false/],
    ['proxy.autoscaling.enabled=true,proxy.autoscaling.minReplicas=11', /minReplicas is 11 and maxReplicas 10/],
    ['proxy.autoscaling.enabled=true,proxy.resources.requests.cpu=null', /requests\.cpu is not set/],
    ['proxy.autoscaling.enabled=true,proxy.kind=DaemonSet', /a DaemonSet has a pod for each node/],
    ['proxy.hostAccess.enabled=true', /global\.networkPolicy\.nodes is empty/],
    ['proxy.service.loadBalancerClass=example.com/a', /only a LoadBalancer has a class/],
    ['proxy.config.listners[0].name=edge', /listners/],
    ['proxy.config.routes.name=edge', /routes/],
    ['proxy.service.ports=null', /proxy\.service\.ports is empty/],
    ['proxy.service.ports[0].name=http,proxy.service.ports[0].port=80', /targetPort/],
    ['proxy.service.ports[0].nodeport=30080', /nodeport/],
    ['proxy.service.ports[0].name=HTTP', /name/],
    ['global.nameOverride=Edge_Proxies', /Edge_Proxies cannot begin the names of Services: set global\.nameOverride/],
    [`global.nameOverride=${'x'.repeat(37)}`, /cannot begin the names of Services/],
  ] as const) {
    test(`refuses ${set}, and says why`, async () => {
      await assert.rejects(chartOf(4).template(['--set', set]), message);
      await assert.rejects(chartOf(3).template(['--set', set]), message);
    });
  }

  test('names every Secret it mounts: one that init-secrets makes, or one of the values', async (t) => {
    const text = await chartOf(4).template([]);
    const mounted = new Set(
      [...text.matchAll(/secret(?:Name:|: \{ name:) "?(?<name>[a-z-]+)/g)].map((match) => match.groups?.['name']),
    );
    const made = new Set([...text.matchAll(/^ +- (?<name>sluice-[a-z-]+)$/gm)].map((match) => match.groups?.['name']));
    t.diagnostic([...mounted].join(', '));
    assert.ok(mounted.size >= 7);
    for (const name of mounted) assert.ok(made.has(name ?? ''), `${name} is made by nobody`);
  });
});
