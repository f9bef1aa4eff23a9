/** Brings the status of one route or listener in line with what is known of it: the reconcile loops of both kinds. Decides nothing itself. */
import type { StatusWriter } from '@sluice/kube/apply/create-status-writer.ts';
import { conditionTime, mergeConditions } from '@sluice/kube/apply/merge-conditions.ts';
import type { Reconcile, ReconcileResult } from '@sluice/kube/port/controller.ts';
import type { EventRecorder } from '@sluice/kube/port/event-recorder.ts';
import type { ObjectStore } from '@sluice/kube/port/informer.ts';
import { isConflict } from '@sluice/kube/port/kube-error.ts';
import type { Resource } from '@sluice/kube/port/resource.ts';
import type { SluiceObject } from '../specs/kube-objects.ts';
import { listenerStatus, type ListenerUse } from '../specs/listener-status.ts';
import { heldConditions, type StatusDecision, type StatusMoment, type WantedStatus } from '../specs/resource-status.ts';
import type { RouteOutcome } from '../specs/route-book.ts';
import { routeStatus } from '../specs/route-status.ts';
import type { RoutingTerm, StatusKind } from './routing-term.ts';
import { StatusEvents } from './status-events.ts';

export interface RoutingStatusDeps {
  readonly kind: StatusKind;
  readonly resource: Resource<SluiceObject>;
  readonly store: ObjectStore<SluiceObject>;
  readonly writer: StatusWriter<SluiceObject>;
  readonly events: EventRecorder;
  /** null: this process does not lead. */
  readonly term: () => RoutingTerm | null;
  /** Unix time. */
  readonly wallMs: () => number;
  readonly onWrite: (result: 'Written' | 'Unchanged' | 'Gone') => void;
}

const done: ReconcileResult = { kind: 'Done' };

export function createRoutingStatus(deps: RoutingStatusDeps): Reconcile {
  const { kind, store, writer } = deps;
  const news = new StatusEvents();
  return async (id, signal) => {
    const object = store.get(id);
    const term = deps.term();
    const outcome = kind === 'Route' ? term?.route(id) : term?.listener(id);
    // What the cache has newly is on its way into the term, which will say that this has to be looked at.
    if (object === undefined || !term || outcome === undefined || !isSame(outcome.object, object)) return done;
    const held = writer.current(object);
    const silenceMs = term.silenceLeftMs(outcome);
    if (silenceMs > 0 && isOfThisGeneration(object, held)) return { kind: 'RequeueAfter', delayMs: silenceMs };
    const moment = { held: heldConditions(held), nowMs: deps.wallMs() };
    const { status, againInMs } = decide(term, outcome, moment);
    await write(deps, { object, status, moment, signal, news });
    return againInMs === null ? done : { kind: 'RequeueAfter', delayMs: againInMs };
  };
}

function decide(term: RoutingTerm, outcome: RouteOutcome | ListenerUse, moment: StatusMoment): StatusDecision {
  const delivery = term.delivery(outcome);
  return 'resolved' in outcome ? routeStatus(outcome, delivery, moment) : listenerStatus(outcome, delivery, moment);
}

interface StatusToWrite {
  readonly object: SluiceObject;
  readonly status: WantedStatus;
  readonly moment: StatusMoment;
  readonly signal: AbortSignal;
  readonly news: StatusEvents;
}

async function write(deps: RoutingStatusDeps, { object, status, moment, signal, news }: StatusToWrite): Promise<void> {
  const { observedGeneration } = status;
  const observed = status.conditions.map((one) => ({ ...one, observedGeneration }));
  const conditions = mergeConditions(moment.held, observed, conditionTime(moment.nowMs));
  try {
    const result = await deps.writer.write(object, { ...status, conditions }, signal);
    deps.onWrite(result);
    if (result !== 'Written') return;
    const { metadata } = object;
    for (const event of news.of(metadata.uid ?? '', status, moment.held))
      deps.events.record(deps.resource, metadata, event);
  } catch (error) {
    // Another object of this name is there by now: the cache will tell of it.
    if (!isConflict(error)) throw error;
  }
}

function isSame({ metadata: a }: SluiceObject, { metadata: b }: SluiceObject): boolean {
  return a.uid === b.uid && a.generation === b.generation;
}

/** Right after a change of leaders, what the one before said of this very spec is more than what the new one knows. */
function isOfThisGeneration({ metadata }: SluiceObject, status: unknown): boolean {
  const { observedGeneration } = (status ?? {}) as { readonly observedGeneration?: unknown };
  return observedGeneration !== undefined && observedGeneration === metadata.generation;
}
