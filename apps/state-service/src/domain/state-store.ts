/**
 * The store as the HTTP side sees it. Reads and writes happen in units: one transaction each, with the audit and outbox
 * rows of every change in it. A unit's work may run again after a deadlock, so it must do nothing but call the unit.
 *
 * Every method may reject with DatabaseUnavailableError (answer 503, nothing happened) within two seconds; `write` also with
 * CommitUnknownError (answer 503, it may have happened: the client repeats with its Idempotency-Key).
 */
import type { AclRule, AclRuleFilter, AclRuleInput, AclRulePatch } from './acl-rule.ts';
import type { ApiKey, ApiKeyFilter, ApiKeyInput } from './api-key.ts';
import type { AuditEntry, AuditFilter } from './audit-entry.ts';
import type { Credential, CredentialInput } from './credential.ts';
import type { Group, GroupFilter, GroupInput, GroupPatch } from './group.ts';
import type { IdempotencyClaim, IdempotencyOutcome, IdempotentRequest, StoredAnswer } from './idempotency.ts';
import type { ExportRow, ImportConflictMode, ImportOutcome, ImportRow } from './import-row.ts';
import type { ManagedUser, ManagedUserFilter } from './managed-user.ts';
import type { Page, PageRequest } from './page.ts';
import type { User, UserFilter, UserInput, UserPatch } from './user.ts';
import type { WholeUser, WholeUserInput } from './whole-user.ts';

/** `find` answers null where there is none. */
export interface UserReader {
  find(name: string): Promise<User | null>;
  list(filter: UserFilter, page: PageRequest): Promise<Page<User>>;
}

/** `expectedVersion` null: whatever it is. Rejects with NotFoundError, VersionMismatchError, UnknownReferenceError, LimitExceededError. */
export interface UserWriter extends UserReader {
  /** AlreadyExistsError. */
  create(input: UserInput): Promise<User>;
  update(name: string, patch: UserPatch, expectedVersion: number | null): Promise<User>;
  /** With its credentials, rules and memberships. */
  delete(name: string, expectedVersion: number | null): Promise<void>;
}

export interface GroupReader {
  find(name: string): Promise<Group | null>;
  list(filter: GroupFilter, page: PageRequest): Promise<Page<Group>>;
}

export interface WholeUserReader {
  find(name: string): Promise<WholeUser | null>;
}

export interface WholeUserWriter extends WholeUserReader {
  /**
   * Makes the user what `input` says, creating it if need be; writes what differs, and nothing if nothing does. `judge` gets it as it
   * is, with its row locked, and throws if it shall stay so. Rejects with UnknownReferenceError, LimitExceededError, and with
   * AlreadyExistsError when another creates it at the same time.
   */
  put(input: WholeUserInput, judge: (current: WholeUser | null) => void): Promise<WholeUser>;
}

export interface ManagedUserReader {
  list(filter: ManagedUserFilter, page: PageRequest): Promise<Page<ManagedUser>>;
}

/** Changes of what a group allows change every member in the same transaction. */
export interface GroupWriter extends GroupReader {
  create(input: GroupInput): Promise<Group>;
  update(name: string, patch: GroupPatch, expectedVersion: number | null): Promise<Group>;
  /** With its rules and memberships. */
  delete(name: string, expectedVersion: number | null): Promise<void>;
}

export interface CredentialReader {
  find(user: string, id: string): Promise<Credential | null>;
  /** All of a user, oldest first; null: there is no such user. */
  list(user: string): Promise<readonly Credential[] | null>;
}

export interface CredentialWriter extends CredentialReader {
  create(user: string, input: CredentialInput): Promise<Credential>;
  delete(user: string, id: string, expectedVersion: number | null): Promise<void>;
  /** Instead of all there were: a password set anew. */
  replaceAll(user: string, inputs: readonly CredentialInput[]): Promise<readonly Credential[]>;
}

export interface AclRuleReader {
  find(id: string): Promise<AclRule | null>;
  list(filter: AclRuleFilter, page: PageRequest): Promise<Page<AclRule>>;
}

export interface AclRuleWriter extends AclRuleReader {
  create(input: AclRuleInput): Promise<AclRule>;
  update(id: string, patch: AclRulePatch, expectedVersion: number | null): Promise<AclRule>;
  delete(id: string, expectedVersion: number | null): Promise<void>;
}

export interface ApiKeyReader {
  find(id: string): Promise<ApiKey | null>;
  list(filter: ApiKeyFilter, page: PageRequest): Promise<Page<ApiKey>>;
}

/** `secret` is the whole key as the client sends it; it is shown once and not kept. */
export interface CreatedApiKey {
  readonly apiKey: ApiKey;
  readonly secret: string;
}

export interface ApiKeyWriter extends ApiKeyReader {
  /** LimitExceededError when the client has two live keys. */
  create(input: ApiKeyInput): Promise<CreatedApiKey>;
  /** Revoking again changes nothing. */
  revoke(id: string, expectedVersion: number | null): Promise<ApiKey>;
}

export interface AuditReader {
  /** Newest first. */
  list(filter: AuditFilter, page: PageRequest): Promise<Page<AuditEntry>>;
}

export interface ReadUnit {
  readonly users: UserReader;
  readonly wholeUsers: WholeUserReader;
  readonly managedUsers: ManagedUserReader;
  readonly groups: GroupReader;
  readonly credentials: CredentialReader;
  readonly aclRules: AclRuleReader;
  readonly apiKeys: ApiKeyReader;
  readonly audit: AuditReader;
}

export interface WriteUnit extends ReadUnit {
  readonly users: UserWriter;
  readonly wholeUsers: WholeUserWriter;
  readonly groups: GroupWriter;
  readonly credentials: CredentialWriter;
  readonly aclRules: AclRuleWriter;
  readonly apiKeys: ApiKeyWriter;
  /** The answer becomes the one of the key if and only if this unit is committed. IdempotencyLostError. */
  completeIdempotency(claim: IdempotencyClaim, answer: StoredAnswer): Promise<void>;
}

/** Whose change it is, for the audit log. */
export interface WriteContext {
  /** Id of the API key. */
  readonly actor: string;
  readonly requestId: string;
}

export interface ImportOptions {
  readonly onConflict: ImportConflictMode;
  readonly signal: AbortSignal;
}

export interface StateStore {
  read<Result>(work: (unit: ReadUnit) => Promise<Result>): Promise<Result>;
  write<Result>(context: WriteContext, work: (unit: WriteUnit) => Promise<Result>): Promise<Result>;
  /** Before the work of a POST with an Idempotency-Key. A claim lasts 90 seconds: then a repetition takes it over. */
  claimIdempotency(request: IdempotentRequest): Promise<IdempotencyOutcome>;
  /** The work failed for good: the key may be used again. Never rejects. */
  releaseIdempotency(claim: IdempotencyClaim): Promise<void>;
  /** In batches, each a transaction of its own; outcomes in the order of the rows. Bounded memory. */
  importRows(
    context: WriteContext,
    rows: AsyncIterable<ImportRow>,
    options: ImportOptions,
  ): AsyncIterable<ImportOutcome>;
  /** Groups, then users, then rules; in batches, so not one instant. Bounded memory; ends early when the caller stops. */
  exportRows(): AsyncIterable<ExportRow>;
}
