/**
 * ProxyUsers over all terms of leadership: which objects are looked at when, and what runs while this process leads. Invariant: there is
 * one term at a time, none before the cache has been listed whole, and none without a Lease.
 */
import { createStatusWriter } from '@sluice/kube/apply/create-status-writer.ts';
import type { Clock } from '@sluice/kube/port/clock.ts';
import type { Controller, Reconcile } from '@sluice/kube/port/controller.ts';
import type { EventRecorder } from '@sluice/kube/port/event-recorder.ts';
import type { Informer } from '@sluice/kube/port/informer.ts';
import type { KubeClient } from '@sluice/kube/port/kube-client.ts';
import type { Leadership } from '@sluice/kube/port/leader-election.ts';
import type { Logger } from '@sluice/runtime/logger.ts';
import { objectName, type SluiceObject } from '../specs/kube-objects.ts';
import { OrphanSweep } from './orphan-sweep.ts';
import { byUserName, proxyUsers } from './proxy-users.ts';
import { RolloutWatch } from './rollout-watch.ts';
import type { StateApi } from './state-api.ts';
import { createUserKeeper } from './user-keeper.ts';
import { UserStatusWriter } from './user-status-writer.ts';
import { UserTerm } from './user-term.ts';

export interface UserControllerConfig {
  /** What `managedBy` begins with: another for each cluster that keeps users in the same state service. */
  readonly owner: string;
  /** null: all. */
  readonly namespaces: readonly string[] | null;
  /** Of the Lease: nobody leads any more when it is deleted, so that no finalizer may hold it. */
  readonly homeNamespace: string;
  /** How long a deleted object waits for a state service that is away. */
  readonly releaseMs: number;
}

export interface UserControllerDeps {
  /** With the index `byUserName`. */
  readonly informer: Informer<SluiceObject>;
  readonly client: Pick<KubeClient, 'get' | 'list' | 'apply' | 'patch'>;
  readonly events: EventRecorder;
  readonly state: StateApi;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly controller: (loop: {
    readonly name: string;
    readonly reconcile: Reconcile;
    readonly maxConcurrent: number;
    readonly allKeys: () => Iterable<string>;
  }) => Controller;
}

export interface UserController {
  /** Reconciles what `lead` gives it to do; started and stopped by whoever asked for this. */
  readonly loop: Controller;
  /** Whether the state service answered last time; null: it has not been asked. */
  readonly isStateAvailable: boolean | null;
  lead(leadership: Leadership): void;
  unlead(): Promise<void>;
}

/** Each waits for the state service, which hashes two passwords at a time. */
const workers = 8;
const fieldManager = 'sluice-operator/status';
/** A proxy more or less changes the status of every user: not all at once. */
const fleetSpreadMs = 3_000;

export function createUserController(config: UserControllerConfig, deps: UserControllerDeps): UserController {
  return new LeadingUserController(config, deps);
}

interface Running {
  readonly term: UserTerm;
  readonly rollouts: RolloutWatch;
  readonly still: Promise<unknown>;
}

class LeadingUserController implements UserController {
  readonly loop: Controller;
  readonly #config: UserControllerConfig;
  readonly #deps: UserControllerDeps;
  readonly #statuses: UserStatusWriter;
  #running: Running | null = null;
  /** Why the state service does not answer; null: it does, or has not been asked. */
  #outage: string | null = null;
  /** Ends a term, also one that is still beginning. */
  #ending = new AbortController();
  #last: Promise<void> = Promise.resolve();

  constructor(config: UserControllerConfig, deps: UserControllerDeps) {
    this.#config = config;
    this.#deps = deps;
    const { informer, client, clock, events } = deps;
    const writer = createStatusWriter({ resource: proxyUsers, fieldManager }, client);
    this.#statuses = new UserStatusWriter({ writer, events, wallMs: () => clock.wallMs() });
    this.loop = deps.controller({
      name: 'proxyuser',
      maxConcurrent: workers,
      allKeys: () => informer.store.keys(),
      reconcile: async (key, signal) => (await this.#running?.term.reconcile(key, signal)) ?? { kind: 'Done' },
    });
    informer.onChange((key, before, after) => this.#changed(key, before, after));
  }

  get isStateAvailable(): boolean | null {
    return this.#running === null ? null : this.#outage === null;
  }

  lead(leadership: Leadership): void {
    this.#ending = new AbortController();
    const signal = AbortSignal.any([leadership.signal, this.#ending.signal]);
    this.#last = this.#last.then(async () => {
      await this.#begin(leadership, signal).catch((error: unknown) => {
        if (!signal.aborted) this.#deps.logger.warn('keeping users failed', { error });
      });
    });
  }

  async unlead(): Promise<void> {
    this.#ending.abort(new Error('this process does not lead any more'));
    this.#last = this.#last.then(async () => {
      const running = this.#running;
      this.#running = null;
      await running?.still;
    });
    await this.#last;
  }

  async #begin(leadership: Leadership, signal: AbortSignal): Promise<void> {
    const { informer, logger } = this.#deps;
    await informer.whenSynced(signal);
    signal.throwIfAborted();
    const { owner, namespaces, homeNamespace, releaseMs } = this.#config;
    const { client, state, events, clock } = this.#deps;
    const keeper = createUserKeeper({ owner, namespaces });
    const shared = { keeper, client, state, clock, logger, store: informer.store };
    this.#outage = null;
    const sweep = new OrphanSweep({
      ...shared,
      isHeld: () => leadership.isHeld(),
      onGone: (name) => rollouts.forget(name),
    });
    const rollouts = new RolloutWatch(keeper.prefix, {
      ...{ state, clock },
      onChange: (names) => names.forEach((name) => this.#lookAtName(name)),
      onAll: (reason) => {
        this.#isBack(reason);
      },
      onListed: () => void sweep.listed(rollouts.items(), signal),
      onUnavailable: (error) => this.#isAway(error),
    });
    const outage = (): string | null => this.#outage;
    const term = new UserTerm({
      ...{ ...shared, events, homeNamespace, releaseMs, leadership, rollouts, outage },
      statuses: this.#statuses,
    });
    logger.info('keeping users', { managedBy: keeper.prefix, objects: informer.store.size });
    this.#running = { term, rollouts, still: rollouts.run(signal) };
  }

  #changed(key: string, before: SluiceObject | null, after: SluiceObject | null): void {
    if (this.#running === null) return;
    this.loop.enqueue(key);
    // Which of several objects of a name is the user changes when one comes, goes or is told to go.
    const isRoleOther = before === null || after === null || isDeleted(before) !== isDeleted(after);
    const object = after ?? before;
    if (isRoleOther && object !== null) this.#lookAtName(object.metadata.name);
  }

  #isBack(reason: 'Fleet' | 'Available' | 'Listed'): void {
    if (this.#outage !== null) this.#deps.logger.info('the state service is back');
    this.#outage = null;
    this.#lookAtAll(reason === 'Listed' ? 0 : fleetSpreadMs);
  }

  #isAway(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const isNew = this.#outage === null;
    this.#outage = reason;
    if (!isNew) return;
    this.#deps.logger.warn('the state service does not answer', { reason });
    this.#lookAtAll(fleetSpreadMs);
  }

  #lookAtName(name: string): void {
    for (const object of this.#deps.informer.store.byIndex(byUserName, name)) this.loop.enqueue(objectName(object));
  }

  #lookAtAll(withinMs: number): void {
    const { informer, clock } = this.#deps;
    for (const key of informer.store.keys()) this.loop.enqueueAfter(key, clock.random() * withinMs);
  }
}

function isDeleted({ metadata }: SluiceObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}
