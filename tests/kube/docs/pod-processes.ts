/**
 * A kubelet and a kube-proxy without containers, beside the fake ones of the test control plane: every pod that is said to run has
 * its program as a process in a network namespace of its own, restarted when it ends and gone with the pod; Services lead to pods.
 * What talks to the API server runs outside the pods' network, one of each kind.
 */
import { pause } from '@sluice/testkit/pause.ts';
import { fileURLToPath } from 'node:url';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import type { KubeApi } from '@sluice/testkit/kube/kube-api.ts';
import type { ProgramProcess } from '@sluice/testkit/program-process.ts';
import type { Manifest } from '../chart/manifest.ts';
import { planPod, type PodProgram } from '../chart/run-as-kubelet.ts';
import { dial, type PodNetwork, type ServicePort } from './pod-network.ts';

const root = new URL('../../../', import.meta.url);
const commandOf = (path: string): string => fileURLToPath(new URL(path, root));
const everyMs = 250;
const settleMs = 60_000;

interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: number | string };
  readonly tcpSocket?: { readonly port: number | string };
}

interface Container {
  readonly image: string;
  readonly command?: readonly string[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly readinessProbe?: Probe;
}

interface Pod extends Manifest {
  readonly spec: { readonly containers: readonly Container[]; readonly serviceAccountName?: string };
  readonly status?: { readonly phase?: string; readonly podIP?: string };
}

interface Service extends Manifest {
  readonly spec: {
    readonly clusterIP?: string;
    readonly ports: readonly { readonly name?: string; readonly port: number }[];
  };
}

interface Slice extends Manifest {
  readonly endpoints?: readonly { readonly addresses: readonly string[] }[] | null;
  readonly ports?: readonly { readonly name?: string; readonly port: number }[] | null;
}

export interface PodProcessesOptions {
  readonly api: KubeApi;
  readonly network: PodNetwork;
  readonly directory: string;
  readonly databaseUrl: string;
  readonly natsServer: string;
}

/** The program of an image; null: somebody else has it. */
type Placement = { readonly program: PodProgram; readonly isOutside: boolean } | null;

export class PodProcesses {
  readonly #scope: CleanupScope;
  readonly #options: PodProcessesOptions;
  readonly #running = new Map<string, ProgramProcess>();
  readonly #outside = new Map<string, string>();
  /** Names of Services as containers write them, to addresses. */
  #addresses: ReadonlyMap<string, string> = new Map();
  #pods: readonly Pod[] = [];
  #lastError: unknown = null;
  #hasEnded = false;

  constructor(scope: CleanupScope, options: PodProcessesOptions) {
    this.#scope = scope;
    this.#options = options;
  }

  /** Follows the cluster until `end`. */
  async run(): Promise<void> {
    while (!this.#hasEnded) {
      try {
        await this.#follow();
        this.#lastError = null;
      } catch (error) {
        this.#lastError = error;
      }
      await pause(everyMs);
    }
  }

  end(): void {
    this.#hasEnded = true;
  }

  /** Resolves when every pod that should have a process has one that is ready. */
  async settle(): Promise<void> {
    const endMs = performance.now() + settleMs;
    for (;;) {
      await pause(everyMs);
      await this.#follow().catch(() => {});
      const waiting = await this.#notReady();
      if (waiting.length === 0) return;
      if (performance.now() < endMs) continue;
      const tails = waiting.map((name) => `${name}: ${this.#lastWords(name)}`);
      throw new Error(`pods that are not ready:\n${tails.join('\n')}`, { cause: this.#lastError });
    }
  }

  #lastWords(name: string): string {
    const process = this.#running.get(name);
    if (process === undefined) return `not started: ${String(this.#lastError)}`;
    return [
      ...process.strays.slice(-12),
      ...process
        .logs()
        .slice(-5)
        .map((line) => JSON.stringify(line)),
    ].join('\n');
  }

  #turn: Promise<void> = Promise.resolve();

  /** One at a time. */
  async #follow(): Promise<void> {
    const turn = this.#turn.then(() => this.#followOnce());
    this.#turn = turn.catch(() => {});
    await turn;
  }

  async #followOnce(): Promise<void> {
    const [pods, services, slices] = await Promise.all([
      this.#list<Pod>('/api/v1/pods'),
      this.#list<Service>('/api/v1/services'),
      this.#list<Slice>('/apis/discovery.k8s.io/v1/endpointslices'),
    ]);
    this.#addresses = new Map(
      services.map(({ metadata, spec }) => [`${metadata.name}.${metadata.namespace}.svc`, spec.clusterIP ?? '']),
    );
    await this.#options.network.serve(services.flatMap((service) => portsOf(service, slices)));
    this.#pods = pods.filter(({ status }) => status?.podIP !== undefined && status.phase !== 'Failed');
    await this.#endOthers();
    for (const pod of this.#pods) await this.#tend(pod);
  }

  async #endOthers(): Promise<void> {
    const names = new Set(this.#pods.map(nameOf));
    for (const [name, process] of this.#running) {
      if (names.has(name)) continue;
      this.#running.delete(name);
      for (const [kind, owner] of this.#outside) if (owner === name) this.#outside.delete(kind);
      await process.stop();
    }
  }

  /** Starts what has no process; a pod that has done its work has none to be started again. */
  async #tend(pod: Pod): Promise<void> {
    const name = nameOf(pod);
    const known = this.#running.get(name);
    if (known !== undefined) {
      if (!known.isRunning && pod.status?.phase === 'Running') known.spawn();
      return;
    }
    const placement = await this.#placementOf(pod);
    if (placement === null) return;
    const { api, directory, databaseUrl, network } = this.#options;
    const address = pod.status?.podIP ?? '';
    const rewrite = (text: string): string =>
      text
        .replaceAll(/postgres:\/\/\S+/g, databaseUrl)
        .replaceAll(/[a-z0-9-]+\.[a-z0-9-]+\.svc\b/g, (host) => this.#addresses.get(host) ?? host);
    const prefix = placement.isOutside ? [] : await network.addPod(pod.metadata.name, address);
    if (placement.isOutside) await network.addHost(address);
    const place = { api, namespace: pod.metadata.namespace ?? '', directory, rewrite };
    const workload = { ...pod, spec: { template: { spec: pod.spec } } };
    const process = await planPod(this.#scope, workload, place, { ...placement.program, prefix });
    this.#running.set(name, process);
    process.spawn();
  }

  async #placementOf(pod: Pod): Promise<Placement> {
    const [container] = pod.spec.containers;
    const image = container?.image ?? '';
    if (container?.command !== undefined)
      return { program: { command: globalThis.process.execPath }, isOutside: false };
    if (image.startsWith('sluice/proxy'))
      return { program: { command: commandOf('apps/proxy/bin/sluice') }, isOutside: false };
    if (image.includes('nats')) return { program: { command: this.#options.natsServer }, isOutside: false };
    if (image.startsWith('sluice/state'))
      return { program: { command: commandOf('apps/state-service/bin/sluice-state') }, isOutside: false };
    if (!image.startsWith('sluice/operator') || !this.#isFirst(pod, image)) return null;
    const account = pod.spec.serviceAccountName ?? 'default';
    const kubeconfig = await this.#options.api.createTokenKubeconfig(pod.metadata.namespace ?? '', account);
    const command = commandOf('apps/operator/bin/sluice-operator');
    return { program: { command, args: ['--kubeconfig', kubeconfig] }, isOutside: true };
  }

  /** Outside the pods' network there is room for one of each kind. */
  #isFirst(pod: Pod, image: string): boolean {
    const kind = `${image} ${pod.metadata.labels?.['app.kubernetes.io/component']}`;
    const owner = this.#outside.get(kind) ?? nameOf(pod);
    this.#outside.set(kind, owner);
    return owner === nameOf(pod);
  }

  async #notReady(): Promise<readonly string[]> {
    const waiting: string[] = [];
    for (const pod of this.#pods) {
      const process = this.#running.get(nameOf(pod));
      const isOurs = process !== undefined || this.#isExpected(pod);
      if (isOurs && !(process?.isRunning === true && (await isReady(pod))) && pod.status?.phase === 'Running')
        waiting.push(nameOf(pod));
    }
    return waiting;
  }

  /** What is not started yet, and not left out either. */
  #isExpected(pod: Pod): boolean {
    const [container] = pod.spec.containers;
    const image = container?.image ?? '';
    if (image.includes('postgres')) return false;
    return !image.startsWith('sluice/operator') || this.#isFirst(pod, image);
  }

  async #list<T extends Manifest>(path: string): Promise<readonly T[]> {
    const list = await this.#options.api.client.call(path);
    return list['items'] as readonly T[];
  }
}

function nameOf({ metadata }: Manifest): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function portsOf({ metadata, spec }: Service, slices: readonly Slice[]): readonly ServicePort[] {
  const { clusterIP = 'None' } = spec;
  if (clusterIP === 'None') return [];
  const own = slices.filter(
    (slice) =>
      slice.metadata.namespace === metadata.namespace &&
      slice.metadata.labels?.['kubernetes.io/service-name'] === metadata.name,
  );
  return spec.ports.map(({ name = '', port }) => ({
    address: `${clusterIP}:${port}`,
    targets: own.flatMap((slice) => {
      const target = slice.ports?.find((one) => (one.name ?? '') === name);
      const hosts = (slice.endpoints ?? []).flatMap(({ addresses }) => addresses);
      return target === undefined ? [] : hosts.map((host) => ({ host, port: target.port }));
    }),
  }));
}

async function isReady(pod: Pod): Promise<boolean> {
  const [container] = pod.spec.containers;
  const { httpGet, tcpSocket } = container?.readinessProbe ?? {};
  const host = pod.status?.podIP ?? '';
  const portOf = (port: number | string): number =>
    typeof port === 'number' ? port : (container?.ports?.find(({ name }) => name === port)?.containerPort ?? 0);
  if (tcpSocket !== undefined) {
    const socket = await dial({ host, port: portOf(tcpSocket.port) });
    socket?.destroy();
    return socket !== null;
  }
  if (httpGet === undefined) return true;
  try {
    const url = `http://${host}:${portOf(httpGet.port)}${httpGet.path}`;
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).status === 200;
  } catch {
    return false;
  }
}
