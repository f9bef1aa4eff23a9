/** Rows of API keys as domain records; the MAC is not among the columns. */
import type { Scope } from '@sluice/contract/state-api/api-scope.ts';
import type { ApiKey } from '../domain/api-key.ts';

export interface ApiKeyRow {
  readonly id: string;
  readonly client: string;
  readonly scopes: readonly Scope[];
  readonly comment: string | null;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
  readonly last_used_at: string | null;
  readonly version: number;
  readonly created_at: string;
}

export const apiKeyColumns = 'id, client, scopes, comment, expires_at, revoked_at, last_used_at, version, created_at';

export function apiKeyOf(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    client: row.client,
    scopes: row.scopes,
    comment: row.comment,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
    version: row.version,
    createdAt: row.created_at,
  };
}
