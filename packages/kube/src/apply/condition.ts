/** `status.conditions[]`, as the API conventions have it. */

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  /** CamelCase. */
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
  readonly lastTransitionTime: string;
}

/** What is known of a condition, before it is known since when it has been so. */
export type ObservedCondition = Omit<Condition, 'lastTransitionTime'>;
