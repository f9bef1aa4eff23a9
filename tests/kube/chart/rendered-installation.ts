/**
 * A release as running processes: installed with Helm on an API server of the test's own, its Secrets made by its own Job's command,
 * and then NATS, state service, operator and a proxy started exactly as their pods say. PostgreSQL is the testkit's.
 */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { findNatsServer } from '@sluice/testkit/find-nats-server.ts';
import type { KubeApi } from '@sluice/testkit/kube/kube-api.ts';
import { startKubeApi } from '@sluice/testkit/kube/start-kube-api.ts';
import { findLoopbackPorts } from '@sluice/testkit/loopback-ports.ts';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import type { ProgramProcess } from '@sluice/testkit/program-process.ts';
import { runCommand } from '@sluice/testkit/run-command.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { initSecretsArgs } from './init-secrets-args.ts';
import { findManifest, type Manifest, parseManifests } from './manifest.ts';
import { type KubeletPlace, planPod } from './run-as-kubelet.ts';
import { buildUmbrella } from './umbrella-chart.ts';

const root = new URL('../../../', import.meta.url);
const commandOf = (path: string): string => fileURLToPath(new URL(path, root));
const operatorCommand = commandOf('apps/operator/bin/sluice-operator');
const readyTimeoutMs = 60_000;
/** Every port that a container of the chart listens on. */
const containerPorts = [4222, 6222, 8222, 9910, 9911, 9920, 9900, 8081, 8080, 8443, 1080] as const;
type ContainerPort = (typeof containerPorts)[number];

export interface RenderedInstallation {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly manifests: readonly Manifest[];
  readonly place: KubeletPlace;
  /** `127.1.2.3:21234`, where what listens on that port of a container is. */
  readonly address: (port: ContainerPort) => string;
  readonly proxy: ProgramProcess;
  readonly operator: ProgramProcess;
}

export interface InstallationOptions {
  /** As `--set` takes them. */
  readonly values?: readonly string[];
  /** Secrets that are there before the install, by name; `host` is the address of every part. */
  readonly secrets?: (host: string) => Promise<Readonly<Record<string, Readonly<Record<string, string>>>>>;
}

/** Starts all of it; resolves when every part is ready. */
export async function startRenderedInstallation(
  scope: CleanupScope,
  { values = [], secrets = async () => ({}) }: InstallationOptions = {},
): Promise<RenderedInstallation> {
  const [api, chart, postgres] = await Promise.all([
    startKubeApi(scope),
    buildUmbrella(scope, 4),
    startPostgres(scope),
  ]);
  const namespace = 'proxies';
  await api.client.call('/api/v1/namespaces', { method: 'POST', body: { metadata: { name: namespace } } });
  const { host, ports } = await findLoopbackPorts(containerPorts.length);
  for (const [name, stringData] of Object.entries(await secrets(host))) {
    await api.client.call(`/api/v1/namespaces/${namespace}/secrets`, {
      method: 'POST',
      body: { metadata: { name }, stringData },
    });
  }
  const set = values.flatMap((one) => ['--set', one]);
  const install = ['install', 'sluice', chart.path, '--namespace', namespace, '--wait=hookOnly', ...set];
  const installed = await api.helm(4, install);
  assert.equal(installed.code, 0, installed.stderr);
  const manifests = parseManifests((await api.helm(4, ['get', 'manifest', 'sluice', '-n', namespace])).stdout);
  await runInitSecrets(api, namespace, manifests);

  const address = (port: ContainerPort): string => `${host}:${ports[containerPorts.indexOf(port)] ?? 0}`;
  const database = await postgres.createDatabase();
  const rewrite = (text: string): string =>
    text
      .replaceAll(/postgres:\/\/\S+/g, database.url)
      .replaceAll(/sluice-(?:nats|state-service)\.proxies\.svc:(\d+)/g, (_, port: string) => addressOf(port))
      .replaceAll(/0\.0\.0\.0:(\d+)/g, (_, port: string) => addressOf(port));
  const addressOf = (port: string): string => {
    const known = containerPorts.find((one) => String(one) === port);
    if (known === undefined) throw new Error(`the chart listens on ${port}, which this test does not know`);
    return address(known);
  };
  const place = { api, namespace, directory: await createTemporaryDirectory(scope), rewrite };
  return await startParts(scope, { api, namespace, manifests, place, address });
}

async function startParts(
  scope: CleanupScope,
  base: Omit<RenderedInstallation, 'proxy' | 'operator'>,
): Promise<RenderedInstallation> {
  const { api, namespace, manifests, place, address } = base;
  const found = await findNatsServer();
  if ('missing' in found) throw new Error(found.missing);
  const workload = (kind: string, name: string): Manifest => findManifest(manifests, kind, name);
  const nats = await planPod(scope, workload('StatefulSet', 'sluice-nats'), place, { command: found.path });
  nats.spawn();
  await untilHealthy(`http://${address(8222)}/healthz`);
  const state = await planPod(scope, workload('Deployment', 'sluice-state-service'), place, {
    command: commandOf('apps/state-service/bin/sluice-state'),
  });
  state.spawn();
  await untilHealthy(`http://${address(9911)}/readyz`);
  const kubeconfig = await api.createTokenKubeconfig(namespace, 'sluice-operator');
  const operator = await planPod(scope, workload('Deployment', 'sluice-operator'), place, {
    command: operatorCommand,
    args: ['--kubeconfig', kubeconfig],
  });
  operator.spawn();
  const proxy = await planPod(scope, workload('Deployment', 'sluice-proxy'), place, {
    command: commandOf('apps/proxy/bin/sluice'),
  });
  proxy.spawn();
  await untilHealthy(`http://${address(9920)}/readyz`);
  await untilHealthy(`http://${address(9900)}/readyz`);
  return { ...base, proxy, operator };
}

async function runInitSecrets(api: KubeApi, namespace: string, manifests: readonly Manifest[]): Promise<void> {
  const kubeconfig = await api.createTokenKubeconfig(namespace, 'sluice-init-secrets');
  const args = [...initSecretsArgs(manifests), '--kubeconfig', kubeconfig];
  const result = await runCommand(operatorCommand, args, { timeoutMs: readyTimeoutMs });
  assert.equal(result.code, 0, result.stderr);
}

async function untilHealthy(url: string): Promise<void> {
  await eventually(
    async () => {
      const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
      assert.equal(answer.status, 200, `${url}: ${await answer.text()}`);
    },
    { timeoutMs: readyTimeoutMs },
  );
}
