/** What ProxyRoute and ProxyListener have in common in their status. Pure. */
import type { Condition } from '@sluice/kube/apply/condition.ts';
import { parseTimestamp } from '@sluice/contract/timestamp.ts';
import type { KubeObject } from '@sluice/kube/port/kube-object.ts';
import type { Delivery } from './delivery.ts';
import { isRejected, isUnderWay, programmedCondition, programmedText } from './delivery.ts';
import { rollUp } from './roll-up.ts';
import { condition, type WantedCondition } from './wanted-condition.ts';

/** A status without times: what is compared before anything is written. */
export interface WantedStatus {
  readonly observedGeneration: number;
  readonly programmed: string;
  readonly conditions: readonly WantedCondition[];
  /** What a kind adds for its columns. */
  readonly [column: string]: unknown;
}

export interface StatusDecision {
  readonly status: WantedStatus;
  /** When the same facts would give another status; null: never. */
  readonly againInMs: number | null;
}

export interface StatusFacts {
  readonly object: KubeObject;
  readonly problems: readonly string[];
  /** True: an older resource has what this one wants. */
  readonly conflict: WantedCondition;
  /** Of kinds that refer to others. */
  readonly resolvedRefs: WantedCondition | null;
  readonly delivery: Delivery;
  readonly columns: Readonly<Record<string, unknown>>;
}

export interface StatusMoment {
  readonly held: readonly Condition[];
  /** Unix time. */
  readonly nowMs: number;
}

const lastingMs = 5_000;
const maxProblems = 3;
const badWhenTrue: ReadonlySet<string> = new Set(['Conflicted']);
const stalling: ReadonlySet<string> = new Set(['Accepted']);

export function resourceStatus(facts: StatusFacts, moment: StatusMoment): StatusDecision {
  const { object, problems, conflict, resolvedRefs, delivery, columns } = facts;
  const accepted = acceptedCondition(problems, delivery);
  const programmed = problems.length > 0 ? staleCondition(delivery) : programmedCondition(delivery);
  const conditions = [accepted, ...(resolvedRefs === null ? [] : [resolvedRefs]), conflict, programmed];
  const rejected = isRejected(delivery) ? programmed : undefined;
  const { lasting, againInMs } = lastingTrouble(conflict.status === 'True' ? conflict : rejected, moment);
  const rolledUp = rollUp({ conditions, badWhenTrue, stalling, lasting, isUnderWay: isUnderWay(delivery) });
  const status = {
    ...columns,
    observedGeneration: object.metadata.generation ?? 0,
    programmed: programmedText(delivery),
    ...(delivery.kind === 'Counted' ? { publishedGeneration: delivery.generation } : {}),
    conditions: [...conditions, ...rolledUp],
  };
  return { status, againInMs };
}

export function heldConditions(status: unknown): readonly Condition[] {
  const { conditions } = (status ?? {}) as { readonly conditions?: unknown };
  return Array.isArray(conditions) ? (conditions as readonly Condition[]) : [];
}

function acceptedCondition(problems: readonly string[], delivery: Delivery): WantedCondition {
  if (problems.length === 0) return condition('Accepted', true, 'Accepted', 'the spec is valid');
  const said = problems.slice(0, maxProblems);
  const more = problems.length > maxProblems ? [`and ${problems.length - maxProblems} more`] : [];
  const stays = delivery.kind === 'NotPublished' ? [] : ['the last good version stays in force'];
  return condition('Accepted', false, 'Invalid', [...said, ...more, ...stays].join('; '));
}

/** What is on the bus is an earlier spec. */
function staleCondition(delivery: Delivery): WantedCondition {
  if (delivery.kind === 'NotPublished') return programmedCondition(delivery);
  return condition(
    'Programmed',
    false,
    'Invalid',
    `${programmedText(delivery)} proxies have an earlier version in force`,
  );
}

interface Trouble {
  readonly lasting: WantedCondition | null;
  readonly againInMs: number | null;
}

/** Trouble that another object mends in the same breath must not fail who waits for all of them: it stalls once it has lasted. */
export function lastingTrouble(trouble: WantedCondition | undefined, { held, nowMs }: StatusMoment): Trouble {
  if (trouble === undefined) return { lasting: null, againInMs: null };
  const before = held.find(({ type, status }) => type === trouble.type && status === trouble.status);
  const since = parseTimestamp(before?.lastTransitionTime ?? '');
  // A clock that went back must not keep it from stalling for longer than that.
  const lastedMs = since.kind === 'valid' ? Math.max(0, nowMs - since.value) : 0;
  if (lastedMs >= lastingMs) return { lasting: trouble, againInMs: null };
  return { lasting: null, againInMs: Math.min(lastingMs, lastingMs - lastedMs + 50) };
}
