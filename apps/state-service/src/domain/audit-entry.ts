/** One change that was made: who, what, before and after. Never a verifier or a secret. */

export type AuditAction = 'Created' | 'Updated' | 'Deleted' | 'Revoked' | 'Imported';
export type AuditedKind = 'User' | 'Credential' | 'Group' | 'AclRule' | 'ApiKey';

/** What a log line may show of a resource: JSON. */
export type AuditedState = Readonly<Record<string, unknown>>;

export interface AuditEntry {
  readonly id: number;
  readonly at: string;
  /** Id of the API key, or what else acts (`bootstrap`, `expiry`). */
  readonly actor: string;
  readonly requestId: string;
  readonly action: AuditAction;
  readonly kind: AuditedKind;
  /** Name or id of the resource; of a credential, the user's name. */
  readonly name: string;
  readonly before: AuditedState | null;
  readonly after: AuditedState | null;
}

export interface AuditFilter {
  readonly actor?: string;
  readonly kind?: AuditedKind;
  readonly name?: string;
  readonly requestId?: string;
  /** RFC 3339; `since` included, `until` not. */
  readonly since?: string;
  readonly until?: string;
}
