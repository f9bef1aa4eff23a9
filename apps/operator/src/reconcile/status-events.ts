/** What of a new status is worth an event: a condition that turned, or that is as bad for another reason. Pure. */
import type { Condition } from '@sluice/kube/apply/condition.ts';
import type { ObjectEvent } from '@sluice/kube/port/event-recorder.ts';
import type { WantedStatus } from '../specs/resource-status.ts';
import type { WantedCondition } from '../specs/wanted-condition.ts';

interface Rule {
  /** The status, or for conditions that are False in many ways the reason, that is told. */
  readonly isTold: (condition: WantedCondition) => boolean;
  readonly event: Pick<ObjectEvent, 'type' | 'action'>;
}

const rules: Readonly<Record<string, Rule>> = {
  Accepted: { isTold: ({ status }) => status === 'False', event: { type: 'Warning', action: 'Read' } },
  ResolvedRefs: { isTold: ({ status }) => status === 'False', event: { type: 'Warning', action: 'Resolve' } },
  Conflicted: { isTold: ({ status }) => status === 'True', event: { type: 'Warning', action: 'Compare' } },
  Programmed: { isTold: ({ reason }) => reason === 'Rejected', event: { type: 'Warning', action: 'Publish' } },
  Ready: { isTold: ({ status }) => status === 'True', event: { type: 'Normal', action: 'Publish' } },
};

export function statusEvents(wanted: WantedStatus, before: readonly Condition[]): readonly ObjectEvent[] {
  return wanted.conditions.flatMap((now) => {
    const rule = rules[now.type];
    if (rule?.isTold(now) !== true || isAsBefore(now, before)) return [];
    return [{ ...rule.event, reason: now.reason, note: now.message }];
  });
}

function isAsBefore(now: WantedCondition, before: readonly Condition[]): boolean {
  return before.some(({ type, status, reason }) => type === now.type && status === now.status && reason === now.reason);
}
