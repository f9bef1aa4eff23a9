/** The status of a ProxyUser. Pure. */
import type { ProxyUserSpec } from '@sluice/contract/user.ts';
import { verifierAlgorithms } from '@sluice/contract/verifier-algorithm.ts';
import { type Delivery, isRejected, isUnderWay, programmedCondition, programmedText } from '../specs/delivery.ts';
import type { SluiceObject } from '../specs/kube-objects.ts';
import { lastingTrouble, type StatusDecision, type StatusMoment } from '../specs/resource-status.ts';
import { rollUp } from '../specs/roll-up.ts';
import { condition, type WantedCondition } from '../specs/wanted-condition.ts';
import type { SecretVersion } from './managed-revision.ts';
import { adoptAnnotation, overwriteAnnotation } from './proxy-users.ts';
import type { RefProblem } from './secret-refs.ts';

/** What became of the object. */
export type UserOutcome =
  | { readonly kind: 'Invalid'; readonly problems: readonly string[] }
  /** `namespace/name` of the older object. */
  | { readonly kind: 'NameTaken'; readonly winner: string }
  | { readonly kind: 'ExistsElsewhere'; readonly managedBy: string | null }
  | { readonly kind: 'Unresolved'; readonly problem: RefProblem }
  /** The state service will not have it. */
  | { readonly kind: 'Refused'; readonly reason: string }
  | { readonly kind: 'Unavailable'; readonly reason: string }
  | { readonly kind: 'Drifted'; readonly fields: readonly string[]; readonly tag: string }
  | { readonly kind: 'Stored' };

export interface UserStatusFacts {
  readonly object: SluiceObject;
  /** null: it cannot be read. */
  readonly spec: ProxyUserSpec | null;
  readonly outcome: UserOutcome;
  readonly delivery: Delivery;
  /** What is known of the user as it was put last; absent: nothing. */
  readonly stored: {
    readonly version?: number;
    readonly managedRevision?: string;
    readonly secrets?: readonly SecretVersion[];
  };
}

const maxSaid = 3;
const maxDrift = 32;
const badWhenTrue: ReadonlySet<string> = new Set(['Conflicted', 'Drifted']);
const stalling: ReadonlySet<string> = new Set(['Accepted']);

export function userStatus(facts: UserStatusFacts, moment: StatusMoment): StatusDecision {
  const { object, spec, outcome, delivery, stored } = facts;
  const [accepted, resolved, conflicted] = [acceptedOf(outcome), resolvedOf(outcome), conflictedOf(outcome)];
  const [programmed, drifted] = [programmedOf(outcome, delivery), driftedOf(outcome)];
  const conditions = [accepted, resolved, conflicted, programmed, drifted];
  const { lasting, againInMs } = lastingTrouble(troubleOf(conditions, delivery), moment);
  const isPending = outcome.kind === 'Unavailable' || outcome.kind === 'Unresolved';
  const isReconciling = isPending || (outcome.kind === 'Stored' && isUnderWay(delivery));
  const rolledUp = rollUp({ conditions, badWhenTrue, stalling, lasting, isUnderWay: isReconciling });
  const status = {
    observedGeneration: object.metadata.generation ?? 0,
    programmed: programmedText(delivery),
    ...(spec === null ? {} : { login: loginText(spec), destinations: destinationsText(spec) }),
    ...stored,
    ...(outcome.kind === 'Drifted' ? { drift: outcome.fields.slice(0, maxDrift) } : {}),
    ...(outcome.kind === 'NameTaken' ? { conflictsWith: outcome.winner } : {}),
    conditions: [...conditions, ...rolledUp],
  };
  return { status, againInMs };
}

function acceptedOf(outcome: UserOutcome): WantedCondition {
  if (outcome.kind === 'Invalid') {
    const { problems } = outcome;
    const more = problems.length > maxSaid ? [`and ${problems.length - maxSaid} more`] : [];
    return condition('Accepted', false, 'Invalid', [...problems.slice(0, maxSaid), ...more].join('; '));
  }
  if (outcome.kind === 'Refused') {
    return condition('Accepted', false, 'Refused', `the state service does not take it: ${outcome.reason}`);
  }
  return condition('Accepted', true, 'Accepted', 'the spec is valid');
}

function resolvedOf(outcome: UserOutcome): WantedCondition {
  if (outcome.kind !== 'Unresolved') return condition('ResolvedRefs', true, 'ResolvedRefs', 'every Secret is there');
  return condition('ResolvedRefs', false, outcome.problem.reason, outcome.problem.message);
}

function conflictedOf(outcome: UserOutcome): WantedCondition {
  if (outcome.kind === 'NameTaken') {
    const message = `the older ProxyUser ${outcome.winner} is the user of this name: give this one another name`;
    return condition('Conflicted', true, 'NameTaken', message);
  }
  if (outcome.kind === 'ExistsElsewhere') {
    const keeper = outcome.managedBy === null ? 'which nobody manages' : `managed by ${outcome.managedBy}`;
    const message = `the state service has a user of this name, ${keeper}; annotate ${adoptAnnotation}=true to take it over`;
    return condition('Conflicted', true, 'ExistsElsewhere', message);
  }
  return condition('Conflicted', false, 'NoConflict', 'the name is its own');
}

function driftedOf(outcome: UserOutcome): WantedCondition {
  if (outcome.kind !== 'Drifted') return condition('Drifted', false, 'AsApplied', 'nobody else has changed it');
  const { fields, tag } = outcome;
  const message =
    `changed in the state service by others: ${fields.slice(0, maxDrift).join(', ')}; it stays so until the spec changes, ` +
    `or annotate ${overwriteAnnotation}=${tag} to overwrite this very state (true: any)`;
  return condition('Drifted', true, 'EditedElsewhere', message);
}

function programmedOf(outcome: UserOutcome, delivery: Delivery): WantedCondition {
  switch (outcome.kind) {
    case 'Stored':
      return programmedCondition(delivery);
    case 'Unavailable':
      return condition('Programmed', false, 'StateServiceUnavailable', outcome.reason);
    case 'Drifted':
      return condition('Programmed', false, 'EditedElsewhere', 'what is in force is what others made of it');
    case 'Invalid':
    case 'Refused':
    case 'Unresolved':
      return delivery.kind === 'Counted'
        ? condition(
            'Programmed',
            false,
            'NotApplied',
            `${programmedText(delivery)} proxies have an earlier version in force`,
          )
        : condition('Programmed', false, 'NotApplied', 'it is not applied: see the other conditions');
    case 'NameTaken':
    case 'ExistsElsewhere':
      return condition('Programmed', false, 'NotApplied', 'it is not applied: see the other conditions');
  }
}

/** A conflict, a drift or a rejection. */
function troubleOf(conditions: readonly WantedCondition[], delivery: Delivery): WantedCondition | undefined {
  return conditions.find(
    ({ type, status }) =>
      (badWhenTrue.has(type) && status === 'True') ||
      (type === 'Programmed' && status === 'False' && isRejected(delivery)),
  );
}

function loginText({ password, credentials = [] }: ProxyUserSpec): string {
  const algorithm = verifierAlgorithms.find((name) => password?.[name] !== undefined);
  const main = password?.secretRef === undefined ? algorithm : `Secret ${password.secretRef.name}`;
  const [plural, count] = [credentials.length === 1 ? '' : 's', credentials.length];
  const more = count === 0 ? [] : [`${count} credential${plural}`];
  const text = [...(main === undefined ? [] : [main]), ...more].join(' + ');
  return text === '' ? 'None' : text.slice(0, 253);
}

function destinationsText({ allow }: ProxyUserSpec): string {
  if (allow === undefined) return 'Public';
  if (allow.length === 0) return 'None';
  return allow.length === 1 ? '1 rule' : `${allow.length} rules`;
}
