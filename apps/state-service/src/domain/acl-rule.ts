/** A rule that allows destinations to a user or to every member of a group. The fields given must all hold. */

/** Exactly one of the two. */
export type AclSubject =
  | { readonly user: string; readonly group?: never }
  | { readonly group: string; readonly user?: never };

export interface AclRuleInput {
  readonly subject: AclSubject;
  /** 1 to 1024 host patterns; null: any. */
  readonly domains: readonly string[] | null;
  readonly cidrs: readonly string[] | null;
  readonly ports: readonly number[] | null;
  /** At most 1024 characters. */
  readonly comment: string | null;
}

export interface AclRule extends AclRuleInput {
  readonly id: string;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** The subject of a rule stays; for another subject there is another rule. */
export type AclRulePatch = Partial<Omit<AclRuleInput, 'subject'>>;

export interface AclRuleFilter {
  readonly user?: string;
  readonly group?: string;
}

/** Of its own and of its groups together: as many as the contract's `allow` holds. */
export const maxRulesPerUser = 256;

/** Of the same rules, as JSON: a published user has to fit into a value of the bucket (512 KiB). */
export const maxRuleBytesPerUser = 384 * 1024;
