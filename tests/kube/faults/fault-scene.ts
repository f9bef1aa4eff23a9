/**
 * What is done to routes, listeners and Services in the tests of faults on a real API server, step by step; the state that every run of
 * it must come to, whatever went wrong on the way; and what was written meanwhile, by the audit log.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createNatsBus } from '@sluice/live-config/nats/nats-bus.ts';
import type { ConfigRange } from '@sluice/contract/config-key.ts';
import type { ConfigBus } from '@sluice/live-config/port/config-bus.ts';
import { readHeldEntries, untilConnected } from '@sluice/live-config/publisher/read-held-entries.ts';
import { createReplica } from '@sluice/live-config/replica/replica.ts';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { whyNoNatsServer } from '@sluice/testkit/find-nats-server.ts';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import type { AuditEvent, KubeApi } from '@sluice/testkit/kube/kube-api.ts';
import { type NatsServer, startNatsServer } from '@sluice/testkit/nats-server.ts';
import { pause } from '@sluice/testkit/pause.ts';
import { ProgramProcess } from '@sluice/testkit/program-process.ts';
import { NamespacedResources } from '../namespaced-resources.ts';

/**
 * All that outlives an operator, but for times, the name of the namespace, and generations: whether a Service is seen before its endpoints
 * is chance, and so is how often a route is published.
 */
export interface FinalState {
  /** Specs by bus key. */
  readonly bus: Readonly<Record<string, string>>;
  /** By kind and name. */
  readonly statuses: Readonly<Record<string, unknown>>;
}

interface StepObject {
  readonly metadata: { readonly name: string; readonly generation: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly programmed?: string;
    readonly routes?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

const operatorCommand = fileURLToPath(new URL('../../../apps/operator/bin/sluice-operator', import.meta.url));
const crdFolder = fileURLToPath(new URL('../../../deploy/crds', import.meta.url));
export const stepTimeoutMs = 60_000;
const answerMs = 5_000;
/** In which nothing is written when nothing changes: longer than a new leader waits for the proxies' word. */
const quietMs = 15_000;
const kinds = ['proxyroutes', 'proxylisteners'] as const;
const passing: ReadonlySet<string> = new Set(['lastTransitionTime', 'publishedGeneration']);
const writing: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

export class FaultScene extends NamespacedResources {
  readonly #scope: CleanupScope;
  readonly nats: NatsServer;
  readonly #observer: ConfigBus;

  constructor(scope: CleanupScope, { api, namespace, nats }: Pick<FaultScene, 'api' | 'namespace' | 'nats'>) {
    super(api, namespace);
    this.#scope = scope;
    this.nats = nats;
    this.#observer = this.connect('observer');
  }

  /** An operator for this namespace alone, which has not been started. */
  planOperator(kubeconfigPath: string, args: readonly string[] = []): ProgramProcess {
    return new ProgramProcess(this.#scope, {
      command: operatorCommand,
      args: [
        ...['run', '--kubeconfig', kubeconfigPath, '--namespaces', this.namespace],
        ...['--lease-namespace', this.namespace, '--admin', '127.0.0.1:0', '--nats', this.nats.url, ...args],
      ],
    });
  }

  /** It speaks to the API as a user of this name, so that the audit log tells it from others. */
  async planOperatorAs(user: string, args: readonly string[] = []): Promise<ProgramProcess> {
    return this.planOperator(await this.api.createUserKubeconfig({ name: user, groups: ['system:masters'] }), args);
  }

  /** What follows the bus and acknowledges in a proxy. */
  startReplica(ranges: readonly ConfigRange[] = ['routing']): void {
    const bus = this.connect('edge-0');
    const replica = createReplica(
      { proxy: 'edge-0', instance: randomUUID(), ranges },
      {
        bus,
        apply: () => Promise.resolve({ rejected: [] }),
        nowMs: () => Date.now(),
        random: Math.random,
        onEvent: () => {},
      },
    );
    this.#scope.after(async () => await replica.close());
  }

  /** Everything that the users of the API do first. */
  async begin(): Promise<void> {
    await this.apply('ProxyListener', 'proxylisteners', 'live', { bind: ['127.0.0.1:0'], detect: { protocols: [] } });
    await this.applyRoute('web', { match: { sni: ['a.example.com'] }, to: endpointsOf('tcp://10.0.0.1:443') });
    await this.applyRoute('gone', { match: { sni: ['gone.example.com'] }, to: endpointsOf('tcp://10.0.0.9:443') });
    await this.#post('/api/v1', 'services', { metadata: { name: 'shop' }, spec: { ports: [{ port: 80 }] } });
    await this.#putSlice('shop-1', '10.1.0.1');
    await this.applyRoute('shop', {
      match: { sni: ['shop.example.com'] },
      to: { endpoints: [{ service: { name: 'shop', port: 80 } }] },
    });
  }

  async untilBegun(): Promise<void> {
    await this.#untilInForce({ live: 'bind', web: 'a.example.com', gone: '10.0.0.9', shop: '10.1.0.1' });
  }

  /** Then: one changed, one gone, an endpoint more. */
  async change(): Promise<void> {
    await this.applyRoute('web', { match: { sni: ['b.example.com'] }, to: endpointsOf('tcp://10.0.0.1:443') });
    await this.api.client.call(this.pathOf('proxyroutes', 'gone'), { method: 'DELETE' });
    await this.#putSlice('shop-2', '10.1.0.2');
  }

  async untilChanged(): Promise<void> {
    await this.#untilInForce({ live: 'bind', web: 'b.example.com', gone: null, shop: '10.1.0.2' });
  }

  /** At last: one changed again, and a new one. */
  async finish(): Promise<void> {
    await this.applyRoute('web', { match: { sni: ['c.example.com'] }, to: endpointsOf('tcp://10.0.0.1:443') });
    await this.applyRoute('last', { match: { sni: ['last.example.com'] }, to: endpointsOf('tcp://10.0.0.7:443') });
  }

  async untilFinished(): Promise<void> {
    const keys = { live: 'bind', web: 'c.example.com', gone: null, shop: '10.1.0.2', last: '10.0.0.7' };
    await this.#untilInForce(keys);
  }

  /** The whole story without a fault. */
  async play(): Promise<FinalState> {
    await this.begin();
    await this.untilBegun();
    await this.change();
    await this.untilChanged();
    await this.finish();
    await this.untilFinished();
    return await this.state();
  }

  async state(): Promise<FinalState> {
    const bus = Object.fromEntries((await this.#live()).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    const objects = await this.#objects();
    const statuses = Object.fromEntries(
      objects.map(([kind, { metadata, status }]) => [`${kind}/${metadata.name}`, status]),
    );
    const text = JSON.stringify({ bus, statuses }, (key, value: unknown) => (passing.has(key) ? undefined : value));
    return JSON.parse(text.replaceAll(this.namespace, 'NS')) as FinalState;
  }

  /** What these users wrote in the namespace, but for the Lease. */
  async writes(...users: readonly string[]): Promise<readonly AuditEvent[]> {
    return await this.api.auditLog(
      ({ user, verb, objectRef }) =>
        users.includes(user.username) &&
        writing.has(verb) &&
        objectRef?.namespace === this.namespace &&
        objectRef.resource !== 'leases',
    );
  }

  /** Resolves when nothing was written for fifteen seconds; throws what was. */
  async assertQuiet(...users: readonly string[]): Promise<void> {
    const before = await this.writes(...users);
    await pause(quietMs);
    const after = await this.writes(...users);
    assert.deepEqual(after.slice(before.length).map(shortOf), []);
  }

  /** Events about objects of ours. */
  async eventCount(): Promise<number> {
    const path = `/apis/events.k8s.io/v1/namespaces/${this.namespace}/events`;
    const { items } = (await this.api.client.call(path)) as unknown as { readonly items: readonly unknown[] };
    return items.length;
  }

  /** `gone` null: it is not to be there. Else a part of what is published. */
  async #untilInForce(expected: Readonly<Record<string, string | null>>): Promise<void> {
    await eventually(
      async () => {
        const held = await this.#held();
        for (const [name, part] of Object.entries(expected)) {
          const specText = held.get(this.#keyOf(name)) ?? null;
          const isThere = part === null ? specText === null : specText?.includes(part) === true;
          assert.ok(isThere, `${name} on the bus: ${specText}`);
        }
        const objects = await this.#objects();
        const routes = objects.filter(([kind]) => kind === 'proxyroutes').length;
        for (const [kind, object] of objects) {
          assertSettled(object);
          // Told a second late.
          if (kind === 'proxylisteners') assert.equal(object.status?.routes, routes, 'the routes of the listener');
        }
      },
      { timeoutMs: stepTimeoutMs, intervalMs: 100 },
    );
  }

  #keyOf(name: string): string {
    return name === 'live' ? 'listeners.live' : `routes.${this.namespace}=2E${name}`;
  }

  /** Bus keys of what is published. */
  async published(): Promise<readonly string[]> {
    return (await this.#live()).map(([key]) => key);
  }

  async #live(): Promise<readonly (readonly [string, string])[]> {
    return [...(await this.#held())].flatMap(([key, specText]) =>
      specText === null ? [] : [[key, specText] as const],
    );
  }

  /** null: a tombstone. */
  async #held(): Promise<ReadonlyMap<string, string | null>> {
    const signal = AbortSignal.timeout(answerMs);
    await untilConnected(this.#observer, signal);
    const entries = await readHeldEntries('routing', this.#observer, signal);
    return new Map([...entries].map(([key, { specText }]) => [key, specText]));
  }

  async #objects(): Promise<readonly (readonly [string, StepObject])[]> {
    const lists = await Promise.all(
      kinds.map(async (kind) => {
        const { items } = (await this.api.client.call(this.pathOf(kind))) as unknown as {
          readonly items: readonly StepObject[];
        };
        return items.map((item) => [kind, item] as const);
      }),
    );
    return lists.flat();
  }

  async #putSlice(name: string, address: string): Promise<void> {
    await this.#post('/apis/discovery.k8s.io/v1', 'endpointslices', {
      metadata: { name, labels: { 'kubernetes.io/service-name': 'shop' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
      ports: [{ port: 8080, protocol: 'TCP' }],
    });
  }

  /** A client of the bus, closed at the end of the test. */
  connect(name: string): ConfigBus {
    const config = { servers: [this.nats.url], clientName: name, inbox: name };
    const bus = createNatsBus(config, { random: Math.random });
    this.#scope.after(async () => await bus.close());
    return bus;
  }

  async #post(group: string, plural: string, body: object): Promise<void> {
    await this.api.client.call(`${group}/namespaces/${this.namespace}/${plural}`, { method: 'POST', body });
  }
}

/** Why there can be no such scene; false: there can. */
export async function whyNoFaultScene(): Promise<string | false> {
  return (await whyNoKubeApi()) || (await whyNoNatsServer());
}

/** In a namespace of its own, with neither operator nor proxy. */
export async function openBareScene(scope: CleanupScope, api: KubeApi, nats: NatsServer): Promise<FaultScene> {
  await api.installCrds(crdFolder);
  return new FaultScene(scope, { api, nats, namespace: await api.createNamespace(scope) });
}

/** Without an operator yet. */
export async function openFaultScene(scope: CleanupScope, api: KubeApi): Promise<FaultScene> {
  const fault = await openBareScene(scope, api, await startNatsServer(scope));
  fault.startReplica();
  return fault;
}

/** The state that a run without a fault comes to, on the same API server. */
export async function playUndisturbed(scope: CleanupScope, api: KubeApi): Promise<FinalState> {
  const calm = await openFaultScene(scope, api);
  const operator = await calm.planOperatorAs('calm');
  await operator.start();
  const state = await calm.play();
  await operator.stop();
  return state;
}

function endpointsOf(...urls: readonly string[]): object {
  return { endpoints: urls.map((url) => ({ url })) };
}

function assertSettled({ metadata, status }: StepObject): void {
  const { name, generation } = metadata;
  assert.equal(status?.observedGeneration, generation, `the status of ${name} is of another generation`);
  const reconciling = status.conditions?.find(({ type }) => type === 'Reconciling');
  assert.equal(reconciling?.status, 'False', `${name} is under way`);
  assert.equal(status.programmed, '1/1', `${name} is not in force`);
}

function shortOf({ verb, requestURI }: AuditEvent): string {
  return `${verb} ${requestURI}`;
}
