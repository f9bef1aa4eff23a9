/** Brings the status of one route or listener in line with what is known of it: the reconcile loops of both kinds. Decides nothing itself. */
import type { Reconcile, ReconcileResult } from '@sluice/kube/port/controller.ts';
import type { ObjectStore } from '@sluice/kube/port/informer.ts';
import type { SluiceObject } from '../specs/kube-objects.ts';
import { listenerStatus, type ListenerUse } from '../specs/listener-status.ts';
import { heldConditions, type StatusDecision, type StatusMoment } from '../specs/resource-status.ts';
import type { RouteOutcome } from '../specs/route-book.ts';
import { routeStatus } from '../specs/route-status.ts';
import type { RoutingTerm, StatusKind } from './routing-term.ts';
import { StatusReport, type StatusReportDeps } from './status-report.ts';

export interface RoutingStatusDeps extends StatusReportDeps {
  readonly kind: StatusKind;
  readonly store: ObjectStore<SluiceObject>;
  /** null: this process does not lead. */
  readonly term: () => RoutingTerm | null;
  /** Unix time. */
  readonly wallMs: () => number;
}

const done: ReconcileResult = { kind: 'Done' };

export function createRoutingStatus(deps: RoutingStatusDeps): Reconcile {
  const { kind, store, writer } = deps;
  const report = new StatusReport(deps);
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
    await report.write({ object, status, moment }, signal);
    return againInMs === null ? done : { kind: 'RequeueAfter', delayMs: againInMs };
  };
}

function decide(term: RoutingTerm, outcome: RouteOutcome | ListenerUse, moment: StatusMoment): StatusDecision {
  const delivery = term.delivery(outcome);
  return 'resolved' in outcome ? routeStatus(outcome, delivery, moment) : listenerStatus(outcome, delivery, moment);
}

function isSame({ metadata: a }: SluiceObject, { metadata: b }: SluiceObject): boolean {
  return a.uid === b.uid && a.generation === b.generation;
}

/** Right after a change of leaders, what the one before said of this very spec is more than what the new one knows. */
function isOfThisGeneration({ metadata }: SluiceObject, status: unknown): boolean {
  const { observedGeneration } = (status ?? {}) as { readonly observedGeneration?: unknown };
  return observedGeneration !== undefined && observedGeneration === metadata.generation;
}
