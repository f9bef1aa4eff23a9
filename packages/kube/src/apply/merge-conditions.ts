/**
 * What was observed -> the conditions to write: `lastTransitionTime` moves when the status of a condition changes, and for
 * nothing else, so that writing the same twice is no change. Pure.
 */
import type { Condition, ObservedCondition } from './condition.ts';

/** `nowIso`: RFC 3339 in whole seconds, as `metav1.Time` is. In the order of `observed`; others of `before` are not kept. */
export function mergeConditions(
  before: readonly Condition[],
  observed: readonly ObservedCondition[],
  nowIso: string,
): Condition[] {
  const known = new Map(before.map((condition) => [condition.type, condition]));
  return observed.map((condition) => {
    const old = known.get(condition.type);
    const lastTransitionTime = old?.status === condition.status ? old.lastTransitionTime : nowIso;
    return { ...condition, lastTransitionTime };
  });
}

/** In whole seconds: the server cuts the rest off, and what is read back would differ from what was written. */
export function conditionTime(wallMs: number): string {
  return new Date(wallMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
