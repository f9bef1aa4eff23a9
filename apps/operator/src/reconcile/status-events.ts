/**
 * What of a new status is worth an event: trouble that is new, and that it is over. That something is well which was never in trouble
 * is in its status: told of each of thousands that come into force at once, it would hide and delay what matters. Does no I/O.
 */
import type { Condition } from '@sluice/kube/apply/condition.ts';
import type { ObjectEvent } from '@sluice/kube/port/event-recorder.ts';
import type { WantedStatus } from '../specs/resource-status.ts';
import type { WantedCondition } from '../specs/wanted-condition.ts';

interface Trouble {
  readonly isTrouble: (condition: Pick<WantedCondition, 'status' | 'reason'>) => boolean;
  /** What was done when it was found. */
  readonly action: string;
}

const troubles: Readonly<Record<string, Trouble>> = {
  Accepted: { isTrouble: ({ status }) => status === 'False', action: 'Read' },
  ResolvedRefs: { isTrouble: ({ status }) => status === 'False', action: 'Resolve' },
  Conflicted: { isTrouble: ({ status }) => status === 'True', action: 'Compare' },
  Drifted: { isTrouble: ({ status }) => status === 'True', action: 'Compare' },
  // False for many reasons that pass by themselves.
  Programmed: { isTrouble: ({ reason }) => reason === 'Rejected', action: 'Publish' },
};

const maxRemembered = 10_000;

export class StatusEvents {
  /** Objects in trouble, until they are ready: what is rolled out meanwhile shows neither. */
  readonly #troubled = new Set<string>();

  /** Of a status that was written for this object in place of `before`. */
  of(uid: string, wanted: WantedStatus, before: readonly Condition[]): readonly ObjectEvent[] {
    const isTroubled = [...wanted.conditions, ...before].some(isTrouble) || this.#troubled.has(uid);
    const warnings = wanted.conditions.filter((one) => isTrouble(one) && !isAsBefore(one, before)).map(warningOf);
    const ready = wanted.conditions.find(({ type, status }) => type === 'Ready' && status === 'True');
    if (!isTroubled || ready === undefined) {
      if (isTroubled) this.#remember(uid);
      return warnings;
    }
    this.#troubled.delete(uid);
    return [...warnings, { type: 'Normal', action: 'Publish', reason: ready.reason, note: ready.message }];
  }

  #remember(uid: string): void {
    this.#troubled.add(uid);
    const [oldest] = this.#troubled;
    // Its recovery may go untold: its status says it all the same.
    if (this.#troubled.size > maxRemembered && oldest !== undefined) this.#troubled.delete(oldest);
  }
}

function isTrouble({ type, status, reason }: Pick<WantedCondition, 'type' | 'status' | 'reason'>): boolean {
  return troubles[type]?.isTrouble({ status, reason }) === true;
}

function isAsBefore(now: WantedCondition, before: readonly Condition[]): boolean {
  return before.some(({ type, status, reason }) => type === now.type && status === now.status && reason === now.reason);
}

function warningOf({ type, reason, message }: WantedCondition): ObjectEvent {
  return { type: 'Warning', action: troubles[type]?.action ?? '', reason, note: message };
}
