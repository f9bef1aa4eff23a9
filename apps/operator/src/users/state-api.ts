/** The state service as the keeper of users needs it, and the ways in which it does not do what is asked. */
import type { RolloutResource } from '@sluice/contract/state-api/rollout-resource.ts';
import type { UserSpecReplacement, UserSpecResource } from '@sluice/contract/state-api/user-spec-resource.ts';

export interface StoredUser {
  readonly user: UserSpecResource;
  /** The ETag without its quotes. */
  readonly tag: string;
}

export interface RolloutList {
  readonly items: readonly RolloutResource[];
  readonly proxies: number;
  readonly isSettled: boolean;
}

/** Calls reject with the errors below, or with the signal's reason. */
export interface StateApi {
  /** null: there is none. */
  read(name: string, signal: AbortSignal): Promise<StoredUser | null>;
  /** `tag` null: only if there is none yet. */
  put(name: string, body: UserSpecReplacement, tag: string | null, signal: AbortSignal): Promise<StoredUser>;
  /** Kept by nobody from now on. One that is not there is no error. */
  release(name: string, version: number, signal: AbortSignal): Promise<void>;
  /** One that is not there is no error. */
  remove(name: string, version: number, signal: AbortSignal): Promise<void>;
  /** All pages. `sinceGeneration` 0: all users. */
  rollouts(filter: RolloutFilter, signal: AbortSignal): Promise<RolloutList>;
  /** Ends idle connections. */
  close(): void;
}

export interface RolloutFilter {
  readonly managedByPrefix: string;
  readonly sinceGeneration: number;
}

/** No answer, one that asks to come back later, or one that refuses the API key: it may do so in a while. */
export class StateUnavailableError extends Error {
  readonly code = 'SLUICE_STATE_UNAVAILABLE';
  override readonly name = 'StateUnavailableError';
}

/** The user has changed since it was read: read it again. */
export class StateConflictError extends Error {
  readonly code = 'SLUICE_STATE_CONFLICT';
  override readonly name = 'StateConflictError';
}

/** It never will do this. */
export class StateRefusedError extends Error {
  readonly code = 'SLUICE_STATE_REFUSED';
  override readonly name = 'StateRefusedError';
}
