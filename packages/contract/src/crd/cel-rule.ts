/** A rule of x-kubernetes-validations: an expression that holds for what is let in, and what to say when it does not. */
export interface CelRule {
  readonly rule: string;
  /** What is wrong and what to do. */
  readonly message: string;
  /** The field at fault, relative to where the rule stands; absent: there. */
  readonly fieldPath?: string;
  /** Absent: FieldValueInvalid. */
  readonly reason?: 'FieldValueForbidden' | 'FieldValueRequired';
}
