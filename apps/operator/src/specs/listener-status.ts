/** The status of a ProxyListener. Pure. */
import type { Delivery } from './delivery.ts';
import type { LostListener } from './listener-contest.ts';
import type { ListenerOutcome } from './listener-book.ts';
import { resourceStatus, type StatusDecision, type StatusMoment } from './resource-status.ts';
import { listOf, mapOf, textOf } from './unjudged-value.ts';
import { condition, type WantedCondition } from './wanted-condition.ts';

const maxAddressesLength = 1024;

/** `routes`: how many serve it. */
export interface ListenerUse extends ListenerOutcome {
  readonly routes: number;
}

export function listenerStatus(outcome: ListenerUse, delivery: Delivery, moment: StatusMoment): StatusDecision {
  const { object, problems, lost, routes } = outcome;
  const bind = listOf(mapOf(object.spec)['bind']).map(textOf);
  const columns = {
    routes,
    addresses: bind.join(',').slice(0, maxAddressesLength),
    ...(lost === undefined ? {} : { conflictsWith: lost.winner }),
  };
  return resourceStatus(
    { object, problems, delivery, conflict: conflictOf(lost), resolvedRefs: null, columns },
    moment,
  );
}

function conflictOf(lost: LostListener | undefined): WantedCondition {
  if (lost === undefined) return condition('Conflicted', false, 'NoConflict', 'its name and its addresses are its own');
  const { reason, winner, what } = lost;
  const message =
    reason === 'NameTaken'
      ? `${winner} is older and is called ${what} too (names of listeners are one for the whole installation: give it another)`
      : `${winner} is older and binds ${what} too (bind another address)`;
  return condition('Conflicted', true, reason, message);
}
