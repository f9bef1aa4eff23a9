/**
 * The two verdicts that carry nothing, shared by all parsers so that answering allocates nothing, and the one that does.
 * Only a parser makes verdicts; their meaning is in detection.ts.
 */
import type { Verdict } from './detection.ts';

export const needMore: Verdict<never> = Object.freeze({ kind: 'needMore' });

export const notThis: Verdict<never> = Object.freeze({ kind: 'notThis' });

export function decided<Decided>(value: Decided): Verdict<Decided> {
  return { kind: 'decided', value };
}
