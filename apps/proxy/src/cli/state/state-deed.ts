/** What a command wants of the state service, and where that is: the command line as data. */
import type { Scope } from '@sluice/contract/state-api/api-scope.ts';

/** What the credential of a user is made from; the text itself never comes from the command line. */
export type SecretKind = 'Password' | 'Verifier';

export interface UserAddition {
  readonly kind: 'AddUser';
  readonly name: string;
  readonly isEnabled: boolean;
  readonly destinations: 'Public' | 'Rules' | null;
  readonly groups: readonly string[];
  readonly connections: number | null;
  readonly onRevoke: 'Keep' | 'Disconnect' | null;
  /** null: none is added. */
  readonly secret: SecretKind | null;
  readonly notAfter: string | null;
}

export interface PasswordChange {
  readonly kind: 'SetPassword';
  readonly name: string;
  readonly secret: SecretKind;
  readonly keepsOthers: boolean;
  readonly notAfter: string | null;
}

export interface UserListing {
  readonly kind: 'ListUsers';
  readonly group: string | null;
  readonly namePrefix: string | null;
  readonly enabled: boolean | null;
}

export interface UserView {
  readonly kind: 'ShowUser';
  readonly name: string;
}

/** `version` null: whatever version it is. */
export interface UserRemoval {
  readonly kind: 'RemoveUser';
  readonly name: string;
  readonly version: number | null;
}

export interface UserSwitch {
  readonly kind: 'SwitchUser';
  readonly name: string;
  readonly enabled: boolean;
  readonly version: number | null;
}

export interface RuleAddition {
  readonly kind: 'AddRule';
  readonly subject: { readonly user: string } | { readonly group: string };
  readonly domains: readonly string[];
  readonly cidrs: readonly string[];
  readonly ports: readonly number[];
  readonly comment: string | null;
}

export interface RuleListing {
  readonly kind: 'ListRules';
  readonly user: string | null;
  readonly group: string | null;
}

export interface RuleRemoval {
  readonly kind: 'RemoveRule';
  readonly id: string;
  readonly version: number | null;
}

export interface KeyCreation {
  readonly kind: 'CreateKey';
  readonly client: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt: string | null;
  readonly comment: string | null;
}

export interface KeyListing {
  readonly kind: 'ListKeys';
  readonly client: string | null;
  readonly isLiveOnly: boolean;
}

export interface KeyRotation {
  readonly kind: 'RotateKey';
  readonly id: string;
  readonly expiresAt: string | null;
}

export interface KeyRevocation {
  readonly kind: 'RevokeKey';
  readonly id: string;
  readonly version: number | null;
}

export type UserDeed = UserAddition | PasswordChange | UserListing | UserView | UserRemoval | UserSwitch;
export type RuleDeed = RuleAddition | RuleListing | RuleRemoval;
export type KeyDeed = KeyCreation | KeyListing | KeyRotation | KeyRevocation;

export type StateDeed =
  | { readonly noun: 'user'; readonly deed: UserDeed }
  | { readonly noun: 'acl'; readonly deed: RuleDeed }
  | { readonly noun: 'key'; readonly deed: KeyDeed };

/** null: from the environment. */
export interface StateAccess {
  readonly url: string | null;
  readonly keyFile: string | null;
}

export type StateCommand = StateDeed & {
  readonly access: StateAccess;
  readonly isJson: boolean;
};
