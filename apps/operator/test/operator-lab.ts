/**
 * The operator in this process, against the API in memory, a bus in memory and replicas that stand for proxies: everything real but
 * what is outside. A test plays the users of the API, and decides what proxies reject.
 */
import { randomUUID } from 'node:crypto';
import { systemClock } from '@sluice/kube/clock/system-clock.ts';
import { MemoryStore } from '@sluice/live-config/memory/memory-store.ts';
import { createReplica } from '@sluice/live-config/replica/replica.ts';
import type { ConfigChange, Replica } from '@sluice/live-config/replica/replica-port.ts';
import type { ResourceSpec } from '@sluice/live-config/publisher/truth.ts';
import { createLogger, type Logger } from '@sluice/runtime/logger.ts';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import type { PlannedFault } from '@sluice/testkit/kube/fake/fake-faults.ts';
import { customResource, type FakeResource } from '@sluice/testkit/kube/fake/fake-resource.ts';
import { type FakeKube, type FakeKubeOptions, startFakeKube } from '@sluice/testkit/kube/fake/start-fake-kube.ts';
import { type Operator, type OperatorSettings, startOperator } from '../src/process/operator.ts';
import type { StateApi } from '../src/users/state-api.ts';

export const routeResource = customResource({
  group: 'sluice.dev',
  version: 'v1alpha1',
  plural: 'proxyroutes',
  kind: 'ProxyRoute',
});
export const listenerResource = customResource({
  group: 'sluice.dev',
  version: 'v1alpha1',
  plural: 'proxylisteners',
  kind: 'ProxyListener',
});
export const grantResource = customResource({
  group: 'gateway.networking.k8s.io',
  version: 'v1',
  plural: 'referencegrants',
  kind: 'ReferenceGrant',
});

/** Where the Lease is. */
export const homeNamespace = 'sluice-system';

export interface ConditionView {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
  readonly lastTransitionTime: string;
}

export interface StatusView {
  readonly observedGeneration?: number;
  readonly programmed?: string;
  readonly endpoints?: number;
  readonly conflictsWith?: string;
  readonly conditions?: readonly ConditionView[];
  readonly [field: string]: unknown;
}

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** What a proxy has in force, by bus key. */
export class FleetProxy {
  readonly name: string;
  readonly specs = new Map<string, ResourceSpec>();
  /** Why it does not take a change; null: it does. */
  reject: (change: ConfigChange) => string | null = () => null;
  revisions = 0;
  readonly #replica: Replica;

  constructor(scope: CleanupScope, store: MemoryStore, name: string) {
    this.name = name;
    this.#replica = createReplica(
      { proxy: name, instance: randomUUID(), ranges: ['routing'] },
      {
        bus: store.connect(),
        apply: ({ isWhole, changes }) => Promise.resolve(this.#apply(isWhole, changes)),
        nowMs: () => Date.now(),
        random: Math.random,
        onEvent: () => {},
      },
    );
    scope.after(() => this.stop());
  }

  async stop(): Promise<void> {
    await this.#replica.close();
  }

  /** Judges everything again: what it took may clash with something by now. */
  recheck(): void {
    this.#replica.recheck('routing');
  }

  #apply(isWhole: boolean, changes: Iterable<ConfigChange>): { rejected: { key: string; reason: string }[] } {
    const rejected: { key: string; reason: string }[] = [];
    const named = new Set<string>();
    this.revisions += 1;
    for (const change of changes) {
      named.add(change.key);
      const reason = change.spec === null ? null : this.reject(change);
      if (reason !== null) rejected.push({ key: change.key, reason });
      else if (change.spec === null) this.specs.delete(change.key);
      else this.specs.set(change.key, change.spec);
    }
    if (isWhole) for (const key of [...this.specs.keys()]) if (!named.has(key)) this.specs.delete(key);
    return { rejected };
  }
}

export class OperatorLab {
  readonly #scope: CleanupScope;
  readonly kube: FakeKube;
  readonly store = new MemoryStore();
  readonly lines: LogLine[] = [];
  readonly logger: Logger = createLogger('debug', {
    sink: { write: (line) => this.lines.push(JSON.parse(line) as LogLine) },
    nowMs: () => Date.now(),
  });

  constructor(scope: CleanupScope, kube: FakeKube) {
    this.#scope = scope;
    this.kube = kube;
  }

  proxies(count: number): readonly FleetProxy[] {
    return Array.from({ length: count }, (_, index) => new FleetProxy(this.#scope, this.store, `edge-${index}`));
  }

  proxy(): FleetProxy {
    return new FleetProxy(this.#scope, this.store, 'edge-0');
  }

  /** Every list of this kind is refused until the fault is removed. */
  forbidListing(resource: FakeResource): PlannedFault {
    const refusal = { kind: 'Refuse', status: 403, reason: 'Forbidden' } as const;
    return this.kube.faults.add((request) => request.verb === 'list' && request.resource === resource, refusal);
  }

  /** Closes `state` with it. */
  async startOperator(settings: Partial<OperatorSettings> = {}, state: StateApi | null = null): Promise<Operator> {
    const bus = this.store.connect();
    const operator = await startOperator(
      {
        kube: { kind: 'File', path: this.kube.kubeconfigPath },
        requestsPerSecond: 1000,
        namespaces: null,
        lease: { namespace: homeNamespace, name: 'sluice-operator' },
        identity: `operator-${randomUUID().slice(0, 8)}`,
        admin: { host: '127.0.0.1', port: 0 },
        ackKey: null,
        users: null,
        ...settings,
      },
      { bus, state, clock: systemClock, logger: this.logger, version: '0.0.0' },
    );
    let isStopped = false;
    const stop = async (drainMs: number): Promise<void> => {
      if (isStopped) return;
      isStopped = true;
      await operator.stop(drainMs);
      state?.close();
      await bus.close();
    };
    this.#scope.after(async () => await stop(1_000));
    return { adminUrl: operator.adminUrl, synced: operator.synced, stop };
  }

  async put(resource: FakeResource, name: string, spec: unknown, namespace = 'default'): Promise<void> {
    const path = pathOf(resource, namespace);
    const found = await this.kube.client.send(`${path}/${name}`);
    const { group, version, kind } = resource;
    const identity = { apiVersion: group === '' ? version : `${group}/${version}`, kind };
    if (found.status === 404) {
      const body = { ...identity, metadata: { namespace, name }, spec };
      await this.kube.client.call(path, { method: 'POST', body });
    } else {
      await this.kube.client.call(`${path}/${name}`, { method: 'PUT', body: { ...found.body, spec } });
    }
  }

  /** An object of which more than the spec matters. */
  async create(resource: FakeResource, body: Readonly<Record<string, unknown>>, namespace = 'default'): Promise<void> {
    await this.kube.client.call(pathOf(resource, namespace), { method: 'POST', body });
  }

  async delete(resource: FakeResource, name: string, namespace = 'default'): Promise<void> {
    await this.kube.client.call(`${pathOf(resource, namespace)}/${name}`, { method: 'DELETE' });
  }

  async status(resource: FakeResource, name: string, namespace = 'default'): Promise<StatusView> {
    const object = await this.kube.client.call(`${pathOf(resource, namespace)}/${name}`);
    return (object['status'] ?? {}) as StatusView;
  }

  async route(name: string, namespace = 'default'): Promise<StatusView> {
    return await this.status(routeResource, name, namespace);
  }

  /** Resolves with the status once the condition has this status and reason. */
  async untilCondition(
    read: () => Promise<StatusView>,
    type: string,
    expected: string,
    { timeoutMs = 20_000 } = {},
  ): Promise<StatusView> {
    return await eventually(
      async () => {
        const status = await read();
        const found = conditionOf(status, type);
        const said = `${found?.status} ${found?.reason}`;
        if (said !== expected) throw new Error(`${type} is ${said}, not ${expected}: ${JSON.stringify(status)}`);
        return status;
      },
      { timeoutMs },
    );
  }

  get events(): number {
    return this.kube.requests(({ resource, verb }) => resource.plural === 'events' && verb === 'create').length;
  }

  /** Requests that wrote a status, so far. */
  get statusWrites(): number {
    return this.kube.requests(({ subresource, verb }) => subresource === 'status' && verb !== 'get').length;
  }
}

export function conditionOf(status: StatusView, type: string): ConditionView | undefined {
  return status.conditions?.find((condition) => condition.type === type);
}

export async function startOperatorLab(scope: CleanupScope, options: FakeKubeOptions = {}): Promise<OperatorLab> {
  const resources = options.resources ?? [routeResource, listenerResource, grantResource];
  return new OperatorLab(scope, await startFakeKube(scope, { ...options, resources, namespaces: [homeNamespace] }));
}

function pathOf({ group, version, plural }: FakeResource, namespace: string): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return `${root}/namespaces/${namespace}/${plural}`;
}
