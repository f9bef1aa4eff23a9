/**
 * `helm upgrade` from every state of a release to the next: what Kubernetes lets nobody change has another name, or is written down in
 * charts/umbrella/README.md. Helm 3 patches objects, Helm 4 applies them: each refuses something else.
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import type { KubeApi } from '@sluice/testkit/kube/kube-api.ts';
import { sharedKubeApi } from '@sluice/testkit/kube/shared-kube-api.ts';
import type { CommandResult } from '@sluice/testkit/run-command.ts';
import { buildUmbrella, type HelmVersion, helmVersions, type UmbrellaChart } from './umbrella-chart.ts';

const skip = await whyNoKubeApi({ helm: true, pods: true });
const chart: UmbrellaChart | null = skip === false ? await buildUmbrella({ after }, 4) : null;
const helmTimeoutMs = 60_000;

const natsOfOthers = [
  ...['nats.enabled=false', 'global.nats.servers={nats://nats.example.com}'],
  ...['proxy', 'stateService', 'operator'].map((role) => `global.nats.seedSecrets.${role}=mine`),
];
const certificates = ['nats.tlsSecret=server', 'global.nats.caSecret=authority', 'global.stateService.tlsSecret=state'];
const onePort = ['http', 'https'].flatMap((name, index) => [
  `proxy.service.ports[${index}].name=${name}`,
  `proxy.service.ports[${index}].port=${[80, 443][index]}`,
  `proxy.service.ports[${index}].targetPort=8443`,
]);

/** One after the other, each from the one before; what is not named is as in values.yaml. */
const states: readonly (readonly string[])[] = [
  // What the pod of a Job has beside its image and its arguments.
  [
    'global.image.pullSecrets={registry}',
    'initSecrets.image.pullPolicy=Always',
    'initSecrets.keepSeconds=0',
    ...onePort,
  ],
  [
    ...['initSecrets.scheduling.priorityClassName=system-cluster-critical', 'proxy.service.type=LoadBalancer'],
    ...['proxy.service.loadBalancerClass=example.com/balancer', 'monitoring.prometheus.enabled=true'],
    ...['monitoring.grafana.enabled=true', 'global.scrapeAnnotations=true', 'global.nats.replicas=3'],
  ],
  [
    ...['proxy.kind=DaemonSet', 'proxy.hostAccess.enabled=true', 'global.networkPolicy.nodes={192.0.2.0/24}'],
    ...['proxy.image.tag=edge', 'operator.image.tag=edge', ...certificates],
  ],
  [
    ...['proxy.autoscaling.enabled=true', 'proxy.adminPort=9901', 'proxy.probePort=8082', 'proxy.preStopSeconds=0'],
    ...['proxy.service.type=NodePort', 'proxy.service.ipFamilyPolicy=PreferDualStack'],
    ...['postgres.enabled=false', 'global.postgres.urlSecret=database', ...natsOfOthers],
  ],
  ['operator.users.enabled=false', 'operator.rbac.aggregate=false', 'operator.watchNamespaces={default}'],
  [
    ...['global.networkPolicy.enabled=false', 'monitoring.enabled=false', 'operator.enabled=false'],
    ...['stateService.enabled=false', 'postgres.enabled=false'],
  ],
  ['global.nameOverride=other'],
  [],
];

class Upgrades {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly #version: HelmVersion;
  readonly #release: string;

  constructor(site: { readonly api: KubeApi; readonly namespace: string }, version: HelmVersion, release: string) {
    this.api = site.api;
    this.namespace = site.namespace;
    this.#version = version;
    this.#release = release;
  }

  async apply(settings: readonly string[]): Promise<CommandResult> {
    assert.ok(chart);
    const set = ['crds.enabled=false', ...settings].flatMap((one) => ['--set', one]);
    return await this.#helm(['upgrade', '--install', this.#release, chart.path, '--history-max', '0', ...set]);
  }

  async mustApply(settings: readonly string[]): Promise<void> {
    const result = await this.apply(settings);
    assert.equal(result.code, 0, `${settings.join()}: ${result.stderr}`);
  }

  async rollBack(revision: number): Promise<void> {
    const result = await this.#helm(['rollback', this.#release, String(revision), '--history-max', '0']);
    assert.equal(result.code, 0, result.stderr);
  }

  async uninstall(): Promise<void> {
    await this.#helm(['uninstall', this.#release]);
  }

  async kubectl(...args: readonly string[]): Promise<string> {
    const result = await this.api.kubectl([...args, '--namespace', this.namespace]);
    assert.equal(result.code, 0, result.stderr);
    return result.stdout.trim();
  }

  async #helm(args: readonly string[]): Promise<CommandResult> {
    return await this.api.helm(this.#version, [...args, '--namespace', this.namespace], { timeoutMs: helmTimeoutMs });
  }
}

async function openUpgrades(t: CleanupScope, version: HelmVersion, releases: readonly string[]): Promise<Upgrades[]> {
  const api = await sharedKubeApi();
  const namespace = await api.createNamespace(t);
  return releases.map((release) => {
    const upgrades = new Upgrades({ api, namespace }, version, release);
    t.after(() => upgrades.uninstall());
    return upgrades;
  });
}

describe('helm upgrade', { skip, concurrency: true }, () => {
  for (const version of helmVersions) {
    test(`reaches every state from the one before, and goes back, with Helm ${version}`, async (t) => {
      const [ours] = await openUpgrades(t, version, ['edge']);
      assert.ok(ours);
      await ours.mustApply([]);
      for (const settings of states) await ours.mustApply(settings);
      for (const revision of [1, 4]) await ours.rollBack(revision);
    });
  }

  for (const version of helmVersions) {
    test(`leaves the pods that are there to a new autoscaler, with Helm ${version}`, async (t) => {
      const [ours] = await openUpgrades(t, version, ['edge']);
      assert.ok(ours);
      const only = ['operator.enabled=false', 'stateService.enabled=false', 'postgres.enabled=false'];
      await ours.mustApply([...only, 'proxy.replicas=5']);
      const pods = ['get', 'pods', '-l', 'app.kubernetes.io/component=proxy', '-o', 'name'];
      const namesOf = async (): Promise<readonly string[]> => (await ours.kubectl(...pods)).split('\n').toSorted();
      await eventually(async () => assert.equal((await namesOf()).length, 5), { timeoutMs: 30_000 });
      const before = await namesOf();
      for (const percent of [70, 60]) {
        await ours.mustApply([
          ...only,
          'proxy.autoscaling.enabled=true',
          `proxy.autoscaling.cpuUtilization=${percent}`,
        ]);
      }
      // A Deployment that was told of fewer ends pods in the generation that it has seen.
      await ours.kubectl('rollout', 'status', 'deployment/edge-sluice-proxy', '--timeout=30s');
      assert.deepEqual(await namesOf(), before);
    });
  }

  test('refuses a volume of another size, and takes it as README.md says', async (t) => {
    const [ours] = await openUpgrades(t, 4, ['edge']);
    assert.ok(ours);
    await ours.mustApply([]);
    const grown = ['postgres.persistence.size=20Gi'];
    const refused = await ours.apply(grown);
    assert.match(refused.stderr, /StatefulSet.*edge-sluice-postgres/);
    await ours.kubectl('delete', 'statefulset', 'edge-sluice-postgres', '--cascade=orphan');
    await ours.mustApply(grown);
    const size = 'jsonpath={.spec.volumeClaimTemplates[0].spec.resources.requests.storage}';
    assert.equal(await ours.kubectl('get', 'statefulset', 'edge-sluice-postgres', '-o', size), '20Gi');
  });

  test('has nothing to do where a rendering was applied without Helm', async (t) => {
    assert.ok(chart);
    const api = await sharedKubeApi();
    const namespace = await api.createNamespace(t);
    const args = ['--no-hooks', '--set', 'crds.enabled=false,operator.watchNamespaces={default}'];
    const render = async (): Promise<string> => await chart.template(args, { namespace });
    const applied = await api.kubectl(['apply', '--filename', '-'], { input: await render() });
    t.after(async () => {
      await api.kubectl(['delete', '--wait=false', '--filename', '-'], { input: await render() });
    });
    assert.equal(applied.code, 0, applied.stderr);
    // Fails with what differs, to the last field: what a tool that compares would put right for ever.
    // Controllers still write statuses between its two looks.
    await eventually(
      async () => {
        const compared = await api.kubectl(['diff', '--filename', '-'], { input: await render() });
        assert.equal(compared.code, 0, `${compared.stdout}${compared.stderr}`);
      },
      { timeoutMs: 45_000 },
    );
  });

  test('goes its way in two releases of one namespace', async (t) => {
    const [one, other] = await openUpgrades(t, 4, ['one', 'other']);
    assert.ok(one && other);
    const [first, second] = await Promise.all([one.apply([]), other.apply([])]);
    assert.deepEqual([first.stderr, second.stderr], ['', '']);
    const podsOf = async (release: string): Promise<readonly string[]> => {
      const selector = `app.kubernetes.io/instance=${release},app.kubernetes.io/component=proxy`;
      return (await one.kubectl('get', 'pods', '-l', selector, '-o', 'name')).split('\n');
    };
    await eventually(async () => assert.equal((await podsOf('one')).length, 2), { timeoutMs: 30_000 });
    await one.uninstall();
    assert.equal((await podsOf('other')).length, 2);
    const left = await one.kubectl('get', 'services,roles,networkpolicies', '-o', 'name');
    assert.doesNotMatch(left, /one-sluice/);
    assert.match(left, /other-sluice-nats/);
  });
});
