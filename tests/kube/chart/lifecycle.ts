/** What becomes of a release from its first install to its end, the same for every Helm: called by a file for each of them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import { type OwnKubeApi, startKubeApi } from '@sluice/testkit/kube/start-kube-api.ts';
import { type CommandResult, runCommand } from '@sluice/testkit/run-command.ts';
import { initSecretsArgs } from './init-secrets-args.ts';
import { parseManifests } from './manifest.ts';
import { buildUmbrella, copyUmbrella, type HelmVersion, type UmbrellaChart } from './umbrella-chart.ts';

const operatorCommand = fileURLToPath(new URL('../../../apps/operator/bin/sluice-operator', import.meta.url));
const namespace = 'proxies';
const release = 'edge';
const prefix = 'edge-sluice';
const helmTimeoutMs = 150_000;
const waiting = ['--wait', '--wait-for-jobs', '--timeout', '120s'];
const routeYaml = `
apiVersion: sluice.dev/v1alpha1
kind: ProxyRoute
metadata: { name: web, namespace: ${namespace} }
spec: { match: { protocol: SSH }, to: { endpoints: [{ url: "tcp://192.0.2.1:22" }] } }
`;

class Release {
  readonly api: OwnKubeApi;
  readonly #version: HelmVersion;

  constructor(api: OwnKubeApi, version: HelmVersion) {
    this.api = api;
    this.#version = version;
  }

  /** Any outcome. */
  async try(...args: readonly string[]): Promise<CommandResult> {
    return await this.api.helm(this.#version, [...args, '--namespace', namespace], { timeoutMs: helmTimeoutMs });
  }

  async helm(...args: readonly string[]): Promise<string> {
    const result = await this.try(...args);
    assert.equal(result.code, 0, `helm ${args.join(' ')}: ${result.stderr}`);
    return result.stdout;
  }

  async kubectl(args: readonly string[], input?: string): Promise<string> {
    const result = await this.api.kubectl(args, input === undefined ? {} : { input });
    assert.equal(result.code, 0, `kubectl ${args.join(' ')}: ${result.stderr}`);
    return result.stdout.trim();
  }

  /** Runs what the Job's container would: no fake kubelet runs containers. */
  async runInitSecrets(): Promise<void> {
    const manifests = parseManifests(await this.helm('get', 'manifest', release));
    const kubeconfig = await this.api.createTokenKubeconfig(namespace, `${prefix}-init-secrets`);
    const args = [...initSecretsArgs(manifests), '--kubeconfig', kubeconfig];
    const result = await runCommand(operatorCommand, args, { timeoutMs: 60_000 });
    assert.equal(result.code, 0, result.stderr);
  }

  /** The Secrets that were made, with their content. */
  async madeSecrets(): Promise<string> {
    const selector = `sluice.dev/installation=${prefix}`;
    const template = '{range .items[*]}{.metadata.name} {.data}{"\\n"}{end}';
    return await this.kubectl(['get', 'secrets', '-n', namespace, '-l', selector, '-o', `jsonpath=${template}`]);
  }

  /** `kind/name` of everything in the namespace, and of what the cluster has for the release. */
  async everything(): Promise<readonly string[]> {
    const kinds = (await this.kubectl(['api-resources', '--namespaced', '--verbs=list', '-o', 'name'])).split('\n');
    const passing = ['events', 'bindings', 'endpointslices', 'endpoints', 'pods.metrics'];
    const wanted = kinds.filter((kind) => !passing.some((one) => kind.startsWith(one)));
    const own = await this.kubectl(['get', wanted.join(','), '-n', namespace, '-o', 'name', '--ignore-not-found']);
    const shared = 'clusterroles,clusterrolebindings,crd,validatingadmissionpolicies,validatingadmissionpolicybindings';
    const cluster = await this.kubectl(['get', shared, '-l', 'app.kubernetes.io/part-of=sluice', '-o', 'name']);
    return [...own.split('\n'), ...cluster.split('\n')].filter((name) => name !== '').toSorted();
  }
}

/** The chart as it was before: the definitions without a column, an older version, fewer proxies. */
async function buildEarlier(t: CleanupScope, version: HelmVersion): Promise<UmbrellaChart> {
  const chart = await copyUmbrella(t, version);
  const column = /        - name: Upstream\n          type: string\n.*\n.*\n/;
  await chart.edit('crds/templates/proxyroutes.yaml', column, '');
  for (const kind of ['proxyroutes', 'proxyusers', 'proxylisteners']) {
    await chart.edit(
      `crds/templates/${kind}.yaml`,
      /sluice\.dev\/bundle-version: .*/,
      'sluice.dev/bundle-version: 0.0.9',
    );
  }
  await chart.edit('umbrella/Chart.yaml', /^version: .*/m, 'version: 0.0.9');
  await chart.build();
  return chart;
}

export async function describeLifecycle(version: HelmVersion): Promise<void> {
  const skip = await whyNoKubeApi({ helm: true, pods: true });
  describe(`a release with Helm ${version}`, { skip }, () => {
    test('is installed, tested, upgraded, rolled back and removed', async (t) => {
      const earlier = await buildEarlier(t, version);
      const current = await buildUmbrella(t, version);
      const ours = new Release(await startKubeApi(t), version);
      await ours.kubectl(['create', 'namespace', namespace]);
      await ours.kubectl(['label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=restricted']);

      await ours.helm('install', release, earlier.path, ...waiting);
      await ours.runInitSecrets();
      const secrets = await ours.madeSecrets();
      assert.equal(secrets.split('\n').length, 10);
      await assertPodsRun(ours, 8);
      assert.match(await ours.helm('test', release), /Phase: +Succeeded/);
      await eventually(() => ours.kubectl(['apply', '--filename', '-'], routeYaml));
      assert.doesNotMatch(await columnsOf(ours), /UPSTREAM/);

      await ours.helm('upgrade', release, current.path, ...waiting, '--set', 'proxy.replicas=3');
      await ours.runInitSecrets();
      assert.equal(await ours.madeSecrets(), secrets, 'an upgrade makes no Secret anew');
      await assertPodsRun(ours, 9);
      await eventually(async () => assert.match(await columnsOf(ours), /UPSTREAM/));
      assert.match(await ours.helm('test', release), /Phase: +Succeeded/);

      await rollBack(ours);
      assert.equal(await ours.madeSecrets(), secrets, 'a rollback makes no Secret anew');

      await ours.helm('uninstall', release, '--wait');
      await eventually(async () => assert.deepEqual(await ours.everything(), keptAfterUninstall()), {
        timeoutMs: 60_000,
      });
      assert.equal(await ours.madeSecrets(), secrets);
      await assertUsersWereReleased(ours);

      await ours.helm('install', release, current.path, ...waiting);
      assert.match(await columnsOf(ours), /UPSTREAM/);
      assert.match(await ours.kubectl(['get', 'proxyroute', 'web', '-n', namespace, '-o', 'name']), /web/);
    });
  });
}

async function assertPodsRun(ours: Release, count: number): Promise<void> {
  await eventually(async () => {
    const args = ['get', 'pods', '-n', namespace, '-o', 'jsonpath={range .items[*]}{.status.phase}{"\\n"}{end}'];
    const phases = (await ours.kubectl(args)).split('\n');
    assert.equal(phases.filter((phase) => phase === 'Running').length, count);
  });
}

async function columnsOf(ours: Release): Promise<string> {
  return await ours.kubectl(['get', 'proxyroutes', '-n', namespace]);
}

/** Helm removes the Job of the hook once it has succeeded. */
async function assertUsersWereReleased({ api }: Release): Promise<void> {
  await eventually(async () => {
    const removals = await api.auditLog(
      ({ verb, objectRef }) =>
        verb === 'delete' && objectRef?.resource === 'jobs' && objectRef.name === `${prefix}-release-users`,
    );
    assert.ok(removals.some(({ responseStatus }) => responseStatus?.code === 200));
  });
}

/** Definitions go back only when somebody says so: an older one would drop fields that objects may have. */
async function rollBack(ours: Release): Promise<void> {
  const refused = await ours.try('rollback', release, '1', ...waiting);
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /sluice\.dev\/allow-downgrade=true/);
  await ours.kubectl(['annotate', 'crd', '-l', 'app.kubernetes.io/part-of=sluice', 'sluice.dev/allow-downgrade=true']);
  await ours.helm('rollback', release, '1', ...waiting);
  await assertPodsRun(ours, 8);
  await eventually(async () => assert.doesNotMatch(await columnsOf(ours), /UPSTREAM/));
}

/** Generated Secrets, volumes, definitions and the objects that people made; what every namespace has. */
function keptAfterUninstall(): readonly string[] {
  const kinds = ['proxylisteners', 'proxyroutes', 'proxyusers'];
  const roles = ['admin', 'keys', 'operator', 'proxy', 'state-service'].map((role) => `nats-${role}`);
  const secrets = ['ack-key', 'admin-api-key', ...roles, 'operator-api-key', 'pepper', 'postgres'];
  return [
    'configmap/kube-root-ca.crt',
    ...kinds.map((kind) => `customresourcedefinition.apiextensions.k8s.io/${kind}.sluice.dev`),
    ...['nats', 'postgres'].map((part) => `persistentvolumeclaim/data-${prefix}-${part}-0`),
    'proxyroute.sluice.dev/web',
    ...secrets.map((name) => `secret/${prefix}-${name}`),
    'serviceaccount/default',
  ].toSorted();
}
