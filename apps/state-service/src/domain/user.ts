/** A user as the service keeps it: who may use the forward proxy, without the credentials and rules, which are resources of their own. */

/** How many tunnels of one user each proxy keeps open at once. */
export interface Quota {
  /** 1 to 1 000 000. */
  readonly connections: number;
}

/** `Public`: every public destination. `Rules`: what the user's own rules and those of its groups allow. */
export type DestinationMode = 'Public' | 'Rules';

/** What happens to open tunnels when a permission is withdrawn. */
export type RevokeMode = 'Keep' | 'Disconnect';

/** What a client says about a user, complete: defaults are filled in where the request is read. */
export interface UserInput {
  /** 1 to 255 bytes of UTF-8 without colon and control characters. */
  readonly name: string;
  readonly enabled: boolean;
  readonly destinations: DestinationMode;
  /** Names of groups that exist, each once, at most `maxGroupsPerUser`; the order means nothing. */
  readonly groups: readonly string[];
  readonly quota: Quota | null;
  readonly onRevoke: RevokeMode;
  /** The program that keeps the user; null: nobody does. */
  readonly managedBy: string | null;
}

export interface User extends UserInput {
  /** In order of code points. */
  readonly groups: readonly string[];
  /** Another after each change, never one that a user of this name had before: what ETags are made of. */
  readonly version: number;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** A change of some fields; absent ones stay. */
export type UserPatch = Partial<Omit<UserInput, 'name'>>;

export interface UserFilter {
  readonly enabled?: boolean;
  readonly destinations?: DestinationMode;
  /** Members of this group. */
  readonly group?: string;
  readonly namePrefix?: string;
  readonly managedByPrefix?: string;
}

export const maxGroupsPerUser = 64;
