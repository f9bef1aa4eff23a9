/** What the REST interface is made of: its bounds, and the parts of the service it speaks for. */
import type { Logger } from '@sluice/runtime/logger.ts';
import type { ApiKeyAuthenticator } from '../api-keys/api-key-authenticator.ts';
import type { PasswordHasher } from '../credentials/password-hasher.ts';
import type { StateStore } from '../domain/state-store.ts';
import type { UserRollouts } from '../domain/user-rollouts.ts';
import type { RateLimitSettings } from './rate-limits.ts';
import type { RequestGate } from './request-gate.ts';
import type { ServiceMetrics } from './service-metrics.ts';

export interface StateApiBounds extends RateLimitSettings {
  readonly maxBodyBytes: number;
  readonly bodyTimeoutMs: number;
  readonly maxImportBytes: number;
  /** Of one line of an import. */
  readonly maxLineBytes: number;
  /** Requests worked on at once. */
  readonly maxActiveRequests: number;
  readonly maxConnections: number;
}

export const defaultStateApiBounds: StateApiBounds = {
  maxBodyBytes: 1024 * 1024,
  bodyTimeoutMs: 10_000,
  maxImportBytes: 64 * 1024 * 1024,
  maxLineBytes: 256 * 1024,
  maxActiveRequests: 128,
  maxConnections: 1024,
  requestsPerMinuteAndAddress: 30_000,
  requestsPerMinuteAndKey: 12_000,
  failuresPerMinuteAndAddress: 60,
};

export type Readiness = { readonly isReady: true } | { readonly isReady: false; readonly reason: string };

/** What the routes work with. */
export interface StateApiParts {
  readonly store: StateStore;
  readonly passwordHasher: PasswordHasher;
  readonly rollouts: UserRollouts;
  readonly logger: Logger;
}

export interface StateApiDeps extends StateApiParts {
  readonly authenticator: ApiKeyAuthenticator;
  readonly metrics: ServiceMetrics;
  readonly gate: RequestGate;
  readonly readiness: () => Promise<Readiness>;
  readonly isDraining: () => boolean;
  /** Whether the database has been migrated; before, only public routes answer. */
  readonly isPrepared: () => boolean;
  readonly version: string;
}
