/**
 * Ready, Stalled and Reconciling from the conditions before them, in the sense of kstatus, by which `helm install --wait` and others
 * wait: Ready when everything is well, Stalled when waiting longer is of no use, Reconciling while something is still to come. Pure.
 */
import { condition, type WantedCondition } from './wanted-condition.ts';

export interface RollUpInput {
  /** In the order in which they explain why something is not ready. */
  readonly conditions: readonly WantedCondition[];
  /** Types of conditions that are good when False. */
  readonly badWhenTrue: ReadonlySet<string>;
  /** Of these, one that is not well stalls at once. */
  readonly stalling: ReadonlySet<string>;
  /** A condition that stalls when it stays as it is: another object may mend it in the next seconds. */
  readonly lasting: WantedCondition | null;
  readonly isUnderWay: boolean;
}

export function rollUp(input: RollUpInput): readonly WantedCondition[] {
  const { conditions, badWhenTrue, stalling, lasting, isUnderWay } = input;
  const isWell = ({ type, status }: WantedCondition): boolean => status === (badWhenTrue.has(type) ? 'False' : 'True');
  const trouble = conditions.find((one) => !isWell(one));
  const ready =
    trouble === undefined
      ? condition('Ready', true, 'Ready', 'it is in force everywhere')
      : condition('Ready', false, trouble.reason, trouble.message);
  const stall = conditions.find((one) => stalling.has(one.type) && !isWell(one)) ?? lasting;
  const stalled =
    stall === null
      ? condition('Stalled', false, 'Progressing', 'nothing has to be done about it')
      : condition('Stalled', true, stall.reason, stall.message);
  const isReconciling = stall === null && isUnderWay;
  const reconciling = isReconciling
    ? condition('Reconciling', true, trouble?.reason ?? 'RollingOut', trouble?.message ?? 'it is being rolled out')
    : condition('Reconciling', false, 'Settled', 'nothing is under way');
  return [ready, stalled, reconciling];
}
