/**
 * The operator as a part of a process: watches, stands for the Lease, publishes and writes statuses while it leads, and ends in order. Reads
 * no environment, no argument and no signal. Invariant: nothing outside is written but by the leader; an outage of whatever it
 * speaks to never ends it.
 */
import { createStatusWriter } from '@sluice/kube/apply/create-status-writer.ts';
import { createLeaderElector } from '@sluice/kube/election/create-leader-elector.ts';
import type { KubeConfigSource } from '@sluice/kube/client/kube-config-source.ts';
import type { Clock } from '@sluice/kube/port/clock.ts';
import type { Controller } from '@sluice/kube/port/controller.ts';
import type { Informer } from '@sluice/kube/port/informer.ts';
import type { KubeObject } from '@sluice/kube/port/kube-object.ts';
import type { LeaderElector } from '@sluice/kube/port/leader-election.ts';
import type { Resource } from '@sluice/kube/port/resource.ts';
import type { ConfigBus } from '@sluice/live-config/port/config-bus.ts';
import type { Logger } from '@sluice/runtime/logger.ts';
import { createMetricsRegistry, type MetricsRegistry } from '@sluice/runtime/metrics.ts';
import { endpointSlices, proxyListeners, proxyRoutes, referenceGrants, services } from '../kube-resources.ts';
import { createGrantSource } from '../reconcile/grant-source.ts';
import { byNamespace, type RoutingCaches, serviceKeysOf, serviceOfSlice } from '../reconcile/routing-caches.ts';
import { RoutingControl } from '../reconcile/routing-control.ts';
import { createRoutingStatus } from '../reconcile/routing-status.ts';
import type { StatusKind } from '../reconcile/routing-term.ts';
import { slimService, slimSlice } from '../reconcile/slim-objects.ts';
import type { SluiceObject } from '../specs/kube-objects.ts';
import {
  createUserController,
  type UserController,
  type UserControllerConfig,
} from '../users/create-user-controller.ts';
import { byUserName, proxyUsers, userNameOf } from '../users/proxy-users.ts';
import type { StateApi } from '../users/state-api.ts';
import { type HealthServer, startHealthServer } from './health-server.ts';
import { createKubeMachinery, type KubeMachinery, type Loop, type Watched } from './kube-machinery.ts';
import { createRoutingMetrics, type RoutingMetrics } from './routing-metrics.ts';
import { createLedClient, type LedClient } from './led-client.ts';
import { registerStateAvailability } from './state-metrics.ts';
import { judgeLiveness, judgeReadiness, type WatchedCopy } from './watch-health.ts';

export interface OperatorSettings {
  readonly kube: KubeConfigSource;
  readonly requestsPerSecond: number;
  /** null: all. */
  readonly namespaces: readonly string[] | null;
  readonly lease: { readonly namespace: string; readonly name: string };
  /** Unique for each run of a process. */
  readonly identity: string;
  readonly admin: { readonly host: string; readonly port: number };
  readonly ackKey: Uint8Array | null;
  /** null: ProxyUsers are not looked at. */
  readonly users: Omit<UserControllerConfig, 'namespaces' | 'homeNamespace'> | null;
}

export interface OperatorDeps {
  /** Where users are kept; asked only when `users` says so. */
  readonly state: StateApi | null;
  /** Closed by whoever opened it. */
  readonly bus: ConfigBus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
}

export interface Operator {
  readonly adminUrl: string;
  /** Resolves when every cache has been listed whole; rejects when it is stopped before. */
  readonly synced: Promise<void>;
  /** Finishes what is under way within `drainMs`, and gives the Lease back. */
  stop(drainMs: number): Promise<void>;
}

/** Rejects with ListenError. */
export async function startOperator(settings: OperatorSettings, deps: OperatorDeps): Promise<Operator> {
  const operator = new RunningOperator(settings, deps);
  await operator.start();
  return operator;
}

/** Statuses are small writes that wait for the API server most of the time. */
const statusWorkers = 16;
const fieldManager = 'sluice-operator/status';

class RunningOperator implements Operator {
  readonly #settings: OperatorSettings;
  readonly #deps: OperatorDeps;
  readonly #registry: MetricsRegistry = createMetricsRegistry();
  readonly #machinery: KubeMachinery;
  readonly #copies = new Map<
    string,
    Pick<Informer<KubeObject>, 'start' | 'stop' | 'hasSynced' | 'whenSynced' | 'sinceAnswerMs'>
  >();
  readonly #caches: RoutingCaches;
  readonly #control: RoutingControl;
  readonly #elector: LeaderElector;
  /** For what only the leader writes. */
  readonly #led: LedClient;
  readonly #metrics: RoutingMetrics;
  readonly #loops: Readonly<Record<StatusKind, Controller>>;
  readonly #users: UserController | null;
  readonly #ending = new AbortController();
  #health: HealthServer | null = null;
  #synced: Promise<void> = Promise.resolve();

  constructor(settings: OperatorSettings, deps: OperatorDeps) {
    this.#settings = settings;
    this.#deps = deps;
    const { kube: source, requestsPerSecond, identity, namespaces, ackKey } = settings;
    const { bus, clock, logger, version } = deps;
    this.#machinery = createKubeMachinery(
      { source, requestsPerSecond, version, identity, namespaces },
      { clock, logger, registry: this.#registry },
    );
    this.#led = createLedClient(this.#machinery.client, () => this.#elector.isLeader);
    this.#caches = this.#createCaches();
    this.#metrics = createRoutingMetrics(this.#registry, () => this.#control.term?.status() ?? null);
    this.#control = new RoutingControl(
      { publisher: identity, ackKey },
      {
        ...{ bus, clock, logger, caches: this.#caches },
        onStatus: (kind, id, inMs) => this.#loops[kind].enqueueAfter(id, inMs),
        stepDown: () => this.#elector.stepDown(),
      },
    );
    this.#loops = {
      Route: this.#statusLoop('Route', proxyRoutes, this.#caches.routes),
      Listener: this.#statusLoop('Listener', proxyListeners, this.#caches.listeners),
    };
    this.#users = this.#createUsers();
    registerStateAvailability(this.#registry, () => this.#users?.isStateAvailable ?? null);
    this.#elector = this.#createElector();
  }

  get adminUrl(): string {
    return this.#health?.url ?? '';
  }

  get synced(): Promise<void> {
    return this.#synced;
  }

  async start(): Promise<void> {
    this.#health = await startHealthServer(this.#settings.admin, {
      liveness: () => judgeLiveness(this.#watched()),
      readiness: () => judgeReadiness(this.#watched(), this.#ending.signal.aborted),
      registry: this.#registry,
      onError: (error) => this.#deps.logger.warn('the admin port could not take a connection', { error }),
    });
    this.#synced = Promise.all(
      [...this.#copies.values()].map(async (copy) => await copy.whenSynced(this.#ending.signal)),
    ).then(() => undefined);
    this.#synced.catch(() => {}); // whoever asks for `synced` sees it
    for (const copy of this.#copies.values()) copy.start();
    for (const loop of this.#allLoops()) loop.start();
    this.#elector.start();
  }

  async stop(drainMs: number): Promise<void> {
    this.#ending.abort(new Error('the operator stops'));
    const drain = AbortSignal.timeout(drainMs);
    await Promise.all([...this.#copies.values()].map(async (copy) => await copy.stop()));
    await Promise.all(this.#allLoops().map(async (loop) => await loop.stop(drain)));
    // What would be published after the Lease is given back is fenced, but there is no need for it.
    await this.#unlead();
    await this.#elector.stop();
    await this.#machinery.events.close(drain);
    await this.#machinery.client.close();
    await this.#health?.close();
  }

  #createCaches(): RoutingCaches {
    const { namespaces } = this.#settings;
    const watched = namespaces === null ? null : new Set(namespaces);
    const grants = referenceGrants.map((resource) =>
      this.#copy({ resource, absentIsEmpty: true, indexers: { [byNamespace]: namespaceOf } }),
    );
    return {
      routes: this.#copy({ resource: proxyRoutes }),
      listeners: this.#copy({ resource: proxyListeners }),
      services: this.#copy({ resource: services, transform: slimService }),
      slices: this.#copy({
        resource: endpointSlices,
        indexers: { [serviceOfSlice]: serviceKeysOf },
        transform: slimSlice,
      }),
      grants: createGrantSource(grants),
      isWatched: (namespace) => watched === null || watched.has(namespace),
    };
  }

  #copy<T extends KubeObject>(watched: Watched<T>): Informer<T> {
    const informer = this.#machinery.informer(watched);
    const { plural, version } = watched.resource;
    this.#copies.set(`${plural}.${version}`, informer);
    return informer;
  }

  #statusLoop(kind: StatusKind, resource: Resource<SluiceObject>, informer: Informer<SluiceObject>): Controller {
    const { events } = this.#machinery;
    const { clock } = this.#deps;
    const reconcile = createRoutingStatus({
      ...{ kind, resource, events, store: informer.store },
      writer: createStatusWriter({ resource, fieldManager }, this.#led),
      term: () => (this.#elector.isLeader ? this.#control.term : null),
      wallMs: () => clock.wallMs(),
      onWrite: (result) => this.#metrics.wroteStatus(kind, result),
    });
    const name = resource.kind.toLowerCase();
    return this.#machinery.controller({
      ...{ name, reconcile },
      maxConcurrent: statusWorkers,
      allKeys: () => informer.store.keys(),
    });
  }

  #createElector(): LeaderElector {
    const { lease, identity } = this.#settings;
    const { clock, logger } = this.#deps;
    const { client, metrics } = this.#machinery;
    return createLeaderElector(
      { lease, identity },
      {
        ...{ client, clock, metrics: metrics.election.of(lease.name) },
        onGained: (leadership) => {
          logger.info('leading', { identity, transitions: leadership.transitions });
          this.#control.lead(leadership);
          this.#users?.lead(leadership);
        },
        onLost: (reason) => {
          logger.info('no longer leading', { identity, reason });
          void this.#unlead();
        },
        onHolder: (holder) => logger.info('the leader is', { holder }),
        onError: (error) => logger.warn('the Lease could not be had', { error }),
      },
    );
  }

  #createUsers(): UserController | null {
    const { users, namespaces, lease } = this.#settings;
    const { state, clock, logger } = this.#deps;
    if (users === null || state === null) return null;
    const { events } = this.#machinery;
    const informer = this.#copy({ resource: proxyUsers, indexers: { [byUserName]: userNameOf } });
    const controller = (loop: Loop): Controller => this.#machinery.controller(loop);
    return createUserController(
      { ...users, namespaces, homeNamespace: lease.namespace },
      { informer, client: this.#led, events, state, clock, logger, controller },
    );
  }

  #allLoops(): readonly Controller[] {
    return [...Object.values(this.#loops), ...(this.#users === null ? [] : [this.#users.loop])];
  }

  async #unlead(): Promise<void> {
    await Promise.all([this.#control.unlead(), this.#users?.unlead()]);
  }

  #watched(): readonly WatchedCopy[] {
    return [...this.#copies].map(([name, copy]) => ({
      name,
      hasSynced: copy.hasSynced(),
      sinceAnswerMs: copy.sinceAnswerMs(),
    }));
  }
}

function namespaceOf({ metadata }: KubeObject): readonly string[] {
  return [metadata.namespace ?? ''];
}
