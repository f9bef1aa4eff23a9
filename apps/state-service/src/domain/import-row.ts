/** Rows of a bulk import or export: one line of NDJSON each. Export never holds a verifier or a secret. */
import type { AclRuleInput } from './acl-rule.ts';
import type { CredentialInput } from './credential.ts';
import type { GroupInput } from './group.ts';
import type { UserInput } from './user.ts';

export type ImportRow =
  | { readonly kind: 'Group'; readonly group: GroupInput }
  /** The credentials are added to a new user; null leaves those of a user that is there as they are, a list replaces them. */
  | { readonly kind: 'User'; readonly user: UserInput; readonly credentials: readonly CredentialInput[] | null }
  /** With an id, a rule of that id is the same rule; null: a new one each time. */
  | { readonly kind: 'AclRule'; readonly id: string | null; readonly rule: AclRuleInput };

export type ExportRow =
  | { readonly kind: 'Group'; readonly group: GroupInput }
  | { readonly kind: 'User'; readonly user: UserInput }
  | { readonly kind: 'AclRule'; readonly id: string; readonly rule: AclRuleInput };

/** What to do with a row whose name is there already. */
export type ImportConflictMode = 'Fail' | 'Replace';

export type ImportOutcome =
  | { readonly kind: 'Created' | 'Replaced'; readonly name: string }
  /** `code` is that of the error class. */
  | { readonly kind: 'Failed'; readonly name: string; readonly code: string; readonly message: string };
