/**
 * A Kubernetes API server, a NATS server, operators and proxies for one measurement, each a process of its own. Objects are written
 * as `kubectl apply --server-side` writes them, without its start-up time.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { apiVersion, proxyRouteKind } from '@sluice/contract/resources/api-group.ts';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import type { KubeObject } from '@sluice/testkit/kube/kube-object.ts';
import { type OwnKubeApi, startKubeApi } from '@sluice/testkit/kube/start-kube-api.ts';
import { type NatsServer, startNatsServer } from '@sluice/testkit/nats-server.ts';
import { ProgramProcess } from '@sluice/testkit/program-process.ts';
import { type SluiceProcess, startSluice } from '@sluice/testkit/sluice-process.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';

export interface KubeLaboratory {
  readonly api: OwnKubeApi;
  readonly nats: NatsServer;
  /** Where the objects of the measurement are, and the Lease. */
  readonly namespace: string;
  /** An operator of all namespaces that has not been started. */
  planOperator(args?: readonly string[]): ProgramProcess;
  /** Proxies with a listener `edge` that take their routes from the operator: `not ready` ones wait for it. */
  startProxies(names: readonly string[], startsWith: 'ready' | 'not ready'): Promise<readonly SluiceProcess[]>;
}

const operatorCommand = fileURLToPath(new URL('../../../apps/operator/bin/sluice-operator', import.meta.url));
const crdFolder = fileURLToPath(new URL('../../../deploy/crds', import.meta.url));
const readyTimeoutMs = 60_000;

interface ProxyPlan {
  readonly directory: string;
  readonly natsUrl: string;
  readonly startTimeout: string;
}

/** How long a proxy waits for its first routes until it serves without them, and says so. */
const startTimeouts = { ready: '60s', 'not ready': '1s' };

function proxyConfig(name: string, { directory, natsUrl, startTimeout }: ProxyPlan): string {
  return buildConfig({
    top: `log: { access: false }\ncontrol: { name: ${name}, ranges: [Routing], startTimeout: ${startTimeout}, nats: { servers: ["${natsUrl}"] }, stateDirectory: "${directory}" }`,
    // What a connection says first decides nothing here: it is routed at once.
    listener: 'detect: { protocols: [] }, timeouts: { drain: 2s }',
    routes: [],
  });
}

export async function openKubeLaboratory(scope: CleanupScope): Promise<KubeLaboratory> {
  const missing = await whyNoKubeApi();
  if (missing !== false) throw new Error(`measuring the operator needs a Kubernetes API server: ${missing}`);
  const [api, nats, directory] = await Promise.all([
    startKubeApi(scope, { nodes: 1 }),
    startNatsServer(scope),
    createTemporaryDirectory(scope),
  ]);
  await api.installCrds(crdFolder);
  const namespace = await api.createNamespace(scope);
  const startProxy = async (name: string, startsWith: 'ready' | 'not ready'): Promise<SluiceProcess> => {
    const state = join(directory, name);
    await mkdir(state);
    const plan = { directory: state, natsUrl: nats.url, startTimeout: startTimeouts[startsWith] };
    const configPath = join(state, 'sluice.yaml');
    await writeFile(configPath, proxyConfig(name, plan));
    return await startSluice(scope, { config: '', configPath, startsWith, startTimeoutMs: readyTimeoutMs });
  };
  return {
    ...{ api, nats, namespace },
    planOperator: (args = []) =>
      new ProgramProcess(scope, {
        command: operatorCommand,
        args: [
          ...['run', '--kubeconfig', api.kubeconfigPath, '--lease-namespace', namespace],
          ...['--admin', '127.0.0.1:0', '--nats', nats.url, ...args],
        ],
      }),
    startProxies: async (names, startsWith) =>
      await Promise.all(names.map(async (name) => await startProxy(name, startsWith))),
  };
}

export function routesPath(namespace: string, name = ''): string {
  return `/apis/${apiVersion}/namespaces/${namespace}/${proxyRouteKind.plural}${name === '' ? '' : `/${name}`}`;
}

export interface NamedRoute {
  readonly namespace: string;
  readonly name: string;
  readonly spec: object;
}

/** Resolves with the object as the server has stored it. */
export async function applyRoute({ api }: Pick<KubeLaboratory, 'api'>, route: NamedRoute): Promise<KubeObject> {
  const { namespace, name, spec } = route;
  return await api.client.call(routesPath(namespace, name), {
    method: 'PATCH',
    query: { fieldManager: 'bench', force: 'true' },
    contentType: 'application/apply-patch+yaml',
    body: { apiVersion, kind: proxyRouteKind.kind, metadata: { name, namespace }, spec },
  });
}

/** Runs `act` for 0 to `count` - 1, so many at once. */
export async function inParallel(
  count: number,
  atOnce: number,
  act: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      await act(next - 1);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
}
