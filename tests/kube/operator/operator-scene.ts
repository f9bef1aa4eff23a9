/**
 * The operator as it is run, on a real API server and a real NATS server, with real proxies that take routes and listeners from it. Each
 * scene has a namespace of its own, which is all that its operator looks at.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildConfig } from '@sluice/testkit/build-config.ts';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import type { KubeApi } from '@sluice/testkit/kube/kube-api.ts';
import { whyNoNatsServer } from '@sluice/testkit/find-nats-server.ts';
import { type NatsServer, startNatsServer } from '@sluice/testkit/nats-server.ts';
import { ProgramProcess } from '@sluice/testkit/program-process.ts';
import { type SluiceProcess, startSluice } from '@sluice/testkit/sluice-process.ts';
import { connectTcp } from '@sluice/testkit/tcp-client.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { NamespacedResources } from '../namespaced-resources.ts';

const operatorCommand = fileURLToPath(new URL('../../../apps/operator/bin/sluice-operator', import.meta.url));
const crdFolder = fileURLToPath(new URL('../../../deploy/crds', import.meta.url));

export interface ConditionView {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export interface StatusView {
  readonly observedGeneration?: number;
  readonly programmed?: string;
  readonly endpoints?: number;
  readonly conditions?: readonly ConditionView[];
}

/** Why the scenes of this folder cannot be; false: they can. */
export async function whyNoOperatorScene(): Promise<string | false> {
  return (await whyNoKubeApi()) || (await whyNoNatsServer());
}

export class OperatorScene extends NamespacedResources {
  readonly #scope: CleanupScope;
  readonly #directory: string;
  readonly nats: NatsServer;

  constructor(
    scope: CleanupScope,
    {
      api,
      namespace,
      nats,
      directory,
    }: Pick<OperatorScene, 'api' | 'namespace' | 'nats'> & { readonly directory: string },
  ) {
    super(api, namespace);
    this.#scope = scope;
    this.#directory = directory;
    this.nats = nats;
  }

  /** An operator that has not been started. */
  planOperator(args: readonly string[] = []): ProgramProcess {
    return new ProgramProcess(this.#scope, {
      command: operatorCommand,
      args: [
        ...['run', '--kubeconfig', this.api.kubeconfigPath, '--namespaces', this.namespace],
        ...['--lease-namespace', this.namespace, '--admin', '127.0.0.1:0', '--nats', this.nats.url, ...args],
      ],
    });
  }

  async startOperator(args: readonly string[] = []): Promise<ProgramProcess> {
    const operator = this.planOperator(args);
    await operator.start();
    return operator;
  }

  /** A proxy with a listener of its own named `edge`, which routes at once. */
  async startProxy(name: string): Promise<SluiceProcess> {
    const directory = join(this.#directory, name);
    await mkdir(directory, { recursive: true });
    const config = buildConfig({
      top: `control: { name: ${name}, ranges: [Routing], startTimeout: 30s, nats: { servers: ["${this.nats.url}"] }, stateDirectory: "${directory}" }`,
      listener: 'detect: { protocols: [] }, timeouts: { drain: 2s }',
      routes: [],
    });
    const configPath = join(directory, 'sluice.yaml');
    await writeFile(configPath, config);
    return await startSluice(this.#scope, { config: '', configPath, startTimeoutMs: 40_000 });
  }

  async startProxies(count: number): Promise<readonly SluiceProcess[]> {
    return await Promise.all(Array.from({ length: count }, async (_, index) => await this.startProxy(`edge-${index}`)));
  }

  async status(plural: string, name: string): Promise<StatusView> {
    const object: unknown = await this.api.client.call(this.pathOf(plural, name));
    return (object as { readonly status?: StatusView }).status ?? {};
  }

  /** Resolves with the status once the condition of the route is so. */
  async untilRoute(name: string, type: string, expected: string, { timeoutMs = 20_000 } = {}): Promise<StatusView> {
    return await this.untilStatus('proxyroutes', name, { type, expected, timeoutMs });
  }

  async untilStatus(
    plural: string,
    name: string,
    {
      type,
      expected,
      timeoutMs = 20_000,
    }: { readonly type: string; readonly expected: string; readonly timeoutMs?: number },
  ): Promise<StatusView> {
    return await eventually(
      async () => {
        const status = await this.status(plural, name);
        const found = conditionOf(status, type);
        const said = `${found?.status} ${found?.reason}`;
        if (said !== expected) throw new Error(`${type} is ${said}, not ${expected}: ${JSON.stringify(status)}`);
        return status;
      },
      { timeoutMs },
    );
  }

  /** What answers behind a proxy: the name that the origin greets with. */
  async greeting(proxy: SluiceProcess): Promise<string> {
    const client = await connectTcp(this.#scope, proxy.address('edge'));
    try {
      return (await client.receiveThrough('\n', 2_000)).trim();
    } finally {
      client.socket.destroy();
    }
  }
}

export function conditionOf(status: StatusView, type: string): ConditionView | undefined {
  return status.conditions?.find((condition) => condition.type === type);
}

export async function openOperatorScene(scope: CleanupScope, api: KubeApi): Promise<OperatorScene> {
  await api.installCrds(crdFolder);
  const [namespace, nats, directory] = await Promise.all([
    api.createNamespace(scope),
    startNatsServer(scope),
    createTemporaryDirectory(scope),
  ]);
  return new OperatorScene(scope, { api, namespace, nats, directory });
}
