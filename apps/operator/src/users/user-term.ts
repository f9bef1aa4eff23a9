/**
 * ProxyUsers while this process leads: brings one user at a time in line with its object, and its object's status with what is known.
 * What is to be done is decided elsewhere; here it is done, in an order that any crash in between leaves to be finished: the finalizer, the
 * user, the status. Invariant: nothing outside is written without the Lease.
 */
import type { Clock } from '@sluice/kube/port/clock.ts';
import type { ReconcileResult } from '@sluice/kube/port/controller.ts';
import type { EventRecorder } from '@sluice/kube/port/event-recorder.ts';
import type { ObjectStore } from '@sluice/kube/port/informer.ts';
import type { KubeClient } from '@sluice/kube/port/kube-client.ts';
import type { Leadership } from '@sluice/kube/port/leader-election.ts';
import type { ProxyUserSpec } from '@sluice/contract/user.ts';
import type { Logger } from '@sluice/runtime/logger.ts';
import { type Delivery, isUnderWay } from '../specs/delivery.ts';
import type { SluiceObject } from '../specs/kube-objects.ts';
import { managedRevision } from './managed-revision.ts';
import { byUserName, isGoing } from './proxy-users.ts';
import { readUser } from './read-user.ts';
import type { RolloutWatch } from './rollout-watch.ts';
import { SecretMemory, type SeenSecrets } from './secret-memory.ts';
import { readSecrets } from './secret-reader.ts';
import { findRefProblem, secretNames, type SecretReadings, secretVersions } from './secret-refs.ts';
import {
  StateConflictError,
  StateRefusedError,
  StateUnavailableError,
  type StateApi,
  type StoredUser,
} from './state-api.ts';
import { userBody } from './user-body.ts';
import { winnerOver } from './user-contest.ts';
import { decideUser, isAsWanted, type WantedUser } from './user-decision.ts';
import { driftedFields } from './user-drift.ts';
import type { UserKeeper } from './user-keeper.ts';
import { holdUser, removeUser } from './user-removal.ts';
import type { UserOutcome, UserStatusFacts } from './user-status.ts';
import type { UserStatusWriter } from './user-status-writer.ts';

export interface UserTermDeps {
  readonly keeper: UserKeeper;
  readonly homeNamespace: string;
  readonly releaseMs: number;
  readonly leadership: Pick<Leadership, 'isHeld'>;
  readonly store: ObjectStore<SluiceObject>;
  readonly client: Pick<KubeClient, 'get' | 'apply' | 'patch'>;
  readonly state: StateApi;
  readonly rollouts: RolloutWatch;
  readonly statuses: UserStatusWriter;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** null: the state service answered last time. */
  readonly outage: () => string | null;
}

const done: ReconcileResult = { kind: 'Done' };
/** How often Secrets are read again, and how soon one that was missing. */
const resyncMs = 60_000;
const missingMs = 5_000;
/** What was just put is mostly in force everywhere before that: one status instead of two. */
const settleMs = 300;
/** After a failure that was not the state service's as a whole. */
const againMs = 2_000;

type Stored = UserStatusFacts['stored'];
type Attempt =
  | { readonly kind: 'Outcome'; readonly outcome: UserOutcome; readonly stored: Stored }
  | { readonly kind: 'Result'; readonly result: ReconcileResult };

/** An object that is the user of its name, with a spec that can be read. */
interface Valid {
  readonly key: string;
  readonly object: SluiceObject;
  readonly spec: ProxyUserSpec;
}

export class UserTerm {
  readonly #deps: UserTermDeps;
  readonly #secrets = new SecretMemory();
  /** What was put in this term, until a status says it. */
  readonly #put = new Map<string, { readonly stored: Stored; readonly atMs: number }>();

  constructor(deps: UserTermDeps) {
    this.#deps = deps;
  }

  async reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult> {
    const { store, rollouts, outage } = this.#deps;
    const object = store.get(key);
    if (object === undefined) {
      this.#forget(key);
      return done;
    }
    // What is there is not known yet, and will be in a moment.
    if (!rollouts.hasListed && outage() === null) return done;
    if (isGoing(object)) return await this.#remove(object, signal);
    const { spec, problems } = readUser(object);
    const winner = winnerOver(object, this.#namesakes(object));
    if (winner !== null) return await this.#show(key, { object, spec, outcome: { kind: 'NameTaken', winner } }, signal);
    if (spec === null) return await this.#show(key, { object, spec, outcome: { kind: 'Invalid', problems } }, signal);
    return await this.#follow({ key, object, spec }, signal);
  }

  /** The user as it is to be, what is known of it in the status, and the Secrets again when their time has come. */
  async #follow(valid: Valid, signal: AbortSignal): Promise<ReconcileResult> {
    const { key, object, spec } = valid;
    const { outage } = this.#deps;
    const attempt = await this.#keep(valid, signal);
    if (attempt.kind === 'Result') return attempt.result;
    const { outcome, stored } = attempt;
    // Taken off by hand, or by an uninstallation.
    if (outcome.kind === 'Stored' || outcome.kind === 'Drifted') await this.#hold(object, signal);
    const shown = await this.#show(key, { object, spec, outcome, stored }, signal);
    // Without an outage nobody will say that it is over.
    const isRetried = outcome.kind === 'Unavailable' && outage() === null;
    const result = isRetried ? sooner(shown, againMs * (0.5 + this.#deps.clock.random())) : shown;
    return secretNames(spec).length === 0 ? result : sooner(result, this.#resync(outcome));
  }

  /** No finalizer held it: the sweep finds its user in the list that this asks for. */
  #forget(key: string): void {
    const { rollouts } = this.#deps;
    const wasPut = this.#put.delete(key);
    this.#secrets.delete(key);
    if (wasPut || rollouts.item(key.slice(key.indexOf('/') + 1)) !== undefined) rollouts.doubt();
  }

  async #hold(object: SluiceObject, signal: AbortSignal): Promise<void> {
    const { client, homeNamespace } = this.#deps;
    await holdUser(client, object, { homeNamespace, signal });
  }

  #namesakes(object: SluiceObject): readonly SluiceObject[] {
    const { name, namespace } = object.metadata;
    const all = this.#deps.store.byIndex(byUserName, name);
    return all.filter(({ metadata }) => metadata.namespace !== namespace);
  }

  async #keep(valid: Valid, signal: AbortSignal): Promise<Attempt> {
    const { key, object } = valid;
    const { rollouts, statuses, outage, clock } = this.#deps;
    const seen = this.#secrets.get(key, object, clock.nowMs()) ?? (await this.#readSecrets(valid, signal)).seen;
    if (seen.problem !== null) return outcome({ kind: 'Unresolved', problem: seen.problem });
    const wanted = this.#wanted(object, seen);
    const item = rollouts.item(object.metadata.name);
    const known = this.#put.get(key)?.stored ?? statuses.held(object);
    const isKnown = known.managedRevision === wanted.managedRevision;
    if (item !== undefined && isKnown && isAsWanted(item, wanted)) return outcome({ kind: 'Stored' }, storedOf(known));
    const reason = outage();
    if (reason === null) return await this.#compare(valid, seen, signal);
    const isInForce = isKnown && statuses.isReady(object);
    return isInForce ? { kind: 'Result', result: done } : outcome({ kind: 'Unavailable', reason }, storedOf(known));
  }

  async #compare(valid: Valid, seen: SeenSecrets, signal: AbortSignal): Promise<Attempt> {
    const { object } = valid;
    const { keeper, state, rollouts } = this.#deps;
    const wanted = this.#wanted(object, seen);
    try {
      const stored = await state.read(object.metadata.name, signal);
      const decision = decideUser(wanted, stored, keeper);
      switch (decision.kind) {
        case 'Put':
          return await this.#store(valid, decision.tag, signal);
        case 'InSync':
          return outcome({ kind: 'Stored' }, storedFrom(stored, seen));
        case 'Drifted': {
          const body = userBody({ spec: valid.spec, readings: new Map(), ...wanted });
          return outcome({ ...decision, fields: driftedFields(decision.user, body) }, storedFrom(stored, seen));
        }
        case 'ExistsElsewhere':
          return outcome(decision);
      }
    } catch (error) {
      if (error instanceof StateConflictError) return { kind: 'Result', result: { kind: 'Requeue' } };
      if (error instanceof StateRefusedError) return outcome({ kind: 'Refused', reason: error.message });
      if (!(error instanceof StateUnavailableError)) throw error;
      rollouts.doubt();
      return outcome({ kind: 'Unavailable', reason: error.message });
    }
  }

  /** Reads the Secrets anew: what is put must be what the revision says. */
  async #store(valid: Valid, tag: string | null, signal: AbortSignal): Promise<Attempt> {
    const { key, object, spec } = valid;
    const { state, rollouts, leadership, clock, logger } = this.#deps;
    const { readings, seen } = await this.#readSecrets(valid, signal);
    if (seen.problem !== null) return outcome({ kind: 'Unresolved', problem: seen.problem });
    const wanted = this.#wanted(object, seen);
    const body = userBody({ spec, readings, ...wanted });
    await this.#hold(object, signal);
    if (!leadership.isHeld()) return { kind: 'Result', result: done };
    const { name } = object.metadata;
    rollouts.expect(name);
    const put = await state.put(name, body, tag, signal);
    rollouts.wasPut(name, put.user.generation);
    logger.info(tag === null ? 'user created' : 'user changed', { user: name, object: key, version: put.user.version });
    this.#put.set(key, { stored: storedFrom(put, seen), atMs: clock.nowMs() });
    return { kind: 'Result', result: { kind: 'RequeueAfter', delayMs: settleMs } };
  }

  async #readSecrets(
    { key, object, spec }: Valid,
    signal: AbortSignal,
  ): Promise<{ readonly readings: SecretReadings; readonly seen: SeenSecrets }> {
    const { client, clock } = this.#deps;
    const namespace = object.metadata.namespace ?? '';
    const readings = await readSecrets(client, { spec, namespace }, signal);
    const seen = { versions: secretVersions(readings), problem: findRefProblem(spec, readings) };
    const goodForMs = seen.problem === null ? resyncMs * 0.75 : 0;
    this.#secrets.set(key, object, { ...seen, goodUntilMs: clock.nowMs() + goodForMs });
    return { readings, seen };
  }

  #wanted(object: SluiceObject, { versions }: SeenSecrets): WantedUser {
    const managedBy = this.#deps.keeper.managedBy(object.metadata.namespace ?? '');
    return { object, managedBy, managedRevision: managedRevision(object, versions) };
  }

  async #show(
    key: string,
    { object, spec, outcome: what, stored = {} }: Omit<UserStatusFacts, 'delivery' | 'stored'> & { stored?: Stored },
    signal: AbortSignal,
  ): Promise<ReconcileResult> {
    const { statuses } = this.#deps;
    const delivery = this.#deliveryOf(object, what);
    // What the status says of this spec is more than what a state service knows that has just been started.
    if (delivery === null) return done;
    const leftMs = this.#settling(key, delivery);
    if (leftMs > 0) return { kind: 'RequeueAfter', delayMs: leftMs };
    const againInMs = await statuses.write({ object, spec, outcome: what, delivery, stored }, signal);
    this.#put.delete(key);
    return againInMs === null ? done : { kind: 'RequeueAfter', delayMs: againInMs };
  }

  /** How long what was just put may be on its way before a status says so. */
  #settling(key: string, delivery: Delivery): number {
    const put = this.#put.get(key);
    if (put === undefined || !isUnderWay(delivery)) return 0;
    return put.atMs + settleMs - this.#deps.clock.nowMs();
  }

  /** null: nothing is known that the status does not say. */
  #deliveryOf(object: SluiceObject, what: UserOutcome): Delivery | null {
    const { keeper, rollouts, statuses } = this.#deps;
    const { name, namespace = '', generation } = object.metadata;
    const isOurs = rollouts.item(name)?.managedBy === keeper.managedBy(namespace);
    if (!isOurs) return what.kind === 'Stored' ? { kind: 'Waiting' } : { kind: 'NotPublished' };
    const delivery = rollouts.delivery(name);
    if (delivery.kind !== 'Unsettled') return delivery;
    return what.kind === 'Stored' && statuses.held(object).observedGeneration === generation
      ? null
      : { kind: 'Waiting' };
  }

  async #remove(object: SluiceObject, signal: AbortSignal): Promise<ReconcileResult> {
    const { keeper, rollouts, outage, leadership, statuses } = this.#deps;
    if (!leadership.isHeld()) return done;
    const managedBy = keeper.managedBy(object.metadata.namespace ?? '');
    const hasSuccessor = this.#namesakes(object).some((other) => !isGoing(other));
    const result = await removeUser(this.#deps, { object, managedBy, hasSuccessor, outage: outage() }, signal);
    switch (result.kind) {
      case 'Gone':
        rollouts.forget(object.metadata.name);
        return done;
      case 'Again':
        return { kind: 'Requeue' };
      case 'Waiting': {
        rollouts.doubt();
        const what = { kind: 'Unavailable', reason: result.reason } as const;
        const facts = { object, spec: null, outcome: what, delivery: { kind: 'Waiting' } as const };
        await statuses.write({ ...facts, stored: storedOf(statuses.held(object)) }, signal);
        return { kind: 'RequeueAfter', delayMs: Math.min(result.leftMs + 50, resyncMs) };
      }
    }
  }

  #resync({ kind }: UserOutcome): number {
    const everyMs = kind === 'Unresolved' ? missingMs : resyncMs;
    return everyMs * (0.8 + this.#deps.clock.random() * 0.4);
  }
}

function outcome(what: UserOutcome, stored: Stored = {}): Attempt {
  return { kind: 'Outcome', outcome: what, stored };
}

function storedFrom(stored: StoredUser | null, { versions }: SeenSecrets): Stored {
  if (stored === null) return {};
  const { version, managedRevision: revision } = stored.user;
  return storedOf({
    version,
    ...(revision === undefined ? {} : { managedRevision: revision }),
    ...(versions.length === 0 ? {} : { secrets: versions }),
  });
}

function storedOf({ version, managedRevision: revision, secrets }: Stored): Stored {
  return {
    ...(version === undefined ? {} : { version }),
    ...(revision === undefined ? {} : { managedRevision: revision }),
    ...(secrets === undefined ? {} : { secrets }),
  };
}

function sooner(result: ReconcileResult, delayMs: number): ReconcileResult {
  if (result.kind === 'Done') return { kind: 'RequeueAfter', delayMs };
  return result.kind === 'RequeueAfter' ? { kind: 'RequeueAfter', delayMs: Math.min(delayMs, result.delayMs) } : result;
}
