/** A user with everything of its own: what a program that keeps users puts in one step. Pure. */
import type { AclRule, AclRuleInput } from './acl-rule.ts';
import { contentTag } from './content-tag.ts';
import type { Credential, CredentialInput } from './credential.ts';
import type { User, UserInput } from './user.ts';

export type OwnRuleInput = Omit<AclRuleInput, 'subject'>;

export interface WholeUserInput {
  readonly user: UserInput;
  /** What the keeper made it from, in its own words: 1 to 1024 visible characters. */
  readonly managedRevision: string | null;
  readonly credentials: readonly CredentialInput[];
  readonly rules: readonly OwnRuleInput[];
}

export interface WholeUser {
  readonly user: User;
  readonly managedRevision: string | null;
  /** Oldest first. */
  readonly credentials: readonly Credential[];
  /** Its own, in their order. */
  readonly rules: readonly AclRule[];
  /** Grows whenever what is published of it may be another. */
  readonly generation: number;
  /** Another after every change of anything of the user. */
  readonly tag: string;
  /** It is not as it was put last. */
  readonly isEdited: boolean;
}

/** Versions are drawn from one counter and never used twice, so together they say which state it is. */
export interface WholeUserVersions {
  readonly user: number;
  readonly managedRevision: string | null;
  readonly credentials: readonly number[];
  readonly rules: readonly number[];
}

export function wholeUserTag({ user, managedRevision, credentials, rules }: WholeUserVersions): string {
  return contentTag([String(user), managedRevision ?? '', credentials.join(' '), rules.join(' ')]);
}
