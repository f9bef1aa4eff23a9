/** A key of a client of the API, as it is kept: everything but the secret. */
import type { Scope } from '@sluice/contract/state-api/api-scope.ts';

export interface ApiKeyInput {
  /** Who uses it: 1 to 128 letters, digits, `-`, `_` and `.`. A client has two live keys at most, so that it can change over. */
  readonly client: string;
  /** 1 to 32, each once. */
  readonly scopes: readonly Scope[];
  /** RFC 3339. */
  readonly expiresAt: string | null;
  readonly comment: string | null;
}

export interface ApiKey extends ApiKeyInput {
  readonly id: string;
  readonly version: number;
  readonly createdAt: string;
  readonly revokedAt: string | null;
  /** Written some seconds after the use. */
  readonly lastUsedAt: string | null;
}

export interface ApiKeyFilter {
  readonly client?: string;
  /** Absent: revoked and expired ones too. */
  readonly liveOnly?: boolean;
}

export const maxLiveKeysPerClient = 2;
