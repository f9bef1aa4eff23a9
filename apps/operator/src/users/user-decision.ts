/**
 * What is to be done about a ProxyUser, from what it says and what the state service has. Pure. Invariant: what others changed is never
 * overwritten unless the spec changed since, or the object's owner says so.
 */
import type { UserSpecResource } from '@sluice/contract/state-api/user-spec-resource.ts';
import type { SluiceObject } from '../specs/kube-objects.ts';
import { isOfThisSpec } from './managed-revision.ts';
import { mayAdopt, mayOverwrite } from './proxy-users.ts';
import type { StoredUser } from './state-api.ts';
import type { UserKeeper } from './user-keeper.ts';

export interface WantedUser {
  readonly object: SluiceObject;
  readonly managedBy: string;
  readonly managedRevision: string;
}

export type UserDecision =
  /** `tag`: of the state that is replaced; null: it is created. */
  | { readonly kind: 'Put'; readonly tag: string | null }
  | { readonly kind: 'InSync' }
  | { readonly kind: 'Drifted'; readonly user: UserSpecResource; readonly tag: string }
  /** null: by nobody. */
  | { readonly kind: 'ExistsElsewhere'; readonly managedBy: string | null };

/** What says that a user is as it was put. */
type PutState = Pick<UserSpecResource, 'managedBy' | 'managedRevision' | 'isEdited'>;

/** Nothing is to be done, whatever else is known. */
export function isAsWanted({ managedBy, managedRevision, isEdited }: PutState, wanted: WantedUser): boolean {
  return !isEdited && managedRevision === wanted.managedRevision && managedBy === wanted.managedBy;
}

export function decideUser(wanted: WantedUser, stored: StoredUser | null, keeper: UserKeeper): UserDecision {
  if (stored === null) return { kind: 'Put', tag: null };
  const { user, tag } = stored;
  const put = { kind: 'Put', tag } as const;
  if (isAsWanted(user, wanted)) return { kind: 'InSync' };
  if (keeper.namespaceOf(user.managedBy) === null && !isStillOurs(user, wanted)) {
    return mayAdopt(wanted.object) ? put : { kind: 'ExistsElsewhere', managedBy: user.managedBy ?? null };
  }
  const isChangedByOthersOnly = user.isEdited && isOfThisSpec(user.managedRevision, wanted.object);
  if (isChangedByOthersOnly && !mayOverwrite(wanted.object, tag)) return { kind: 'Drifted', user, tag };
  return put;
}

/** Somebody took our name away from a user that we put: that is an edit like any other. */
function isStillOurs(user: UserSpecResource, { object }: WantedUser): boolean {
  return user.managedBy === undefined && isOfThisSpec(user.managedRevision, object);
}

export type RemovalDecision =
  /** Nothing of ours is there: the object may go. */
  { readonly kind: 'Nothing' } | { readonly kind: 'Remove' | 'Release'; readonly version: number };

/** `isRetained`: the user stays, kept by nobody. */
export function decideRemoval(
  stored: StoredUser | null,
  { managedBy, isRetained }: { readonly managedBy: string; readonly isRetained: boolean },
): RemovalDecision {
  if (stored === null || stored.user.managedBy !== managedBy) return { kind: 'Nothing' };
  return { kind: isRetained ? 'Release' : 'Remove', version: stored.user.version };
}
