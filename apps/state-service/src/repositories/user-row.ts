/** Rows of users as domain records. */
import type { DestinationMode, Quota, RevokeMode, User } from '../domain/user.ts';

export interface UserRow {
  readonly name: string;
  readonly enabled: boolean;
  readonly destinations: DestinationMode;
  readonly groups: readonly string[];
  readonly quota_connections: number | null;
  readonly on_revoke: RevokeMode;
  readonly managed_by: string | null;
  readonly version: number;
  readonly created_at: string;
  readonly updated_at: string;
}

export const selectUser = `
  SELECT u.name, u.enabled, u.destinations, u.quota_connections, u.on_revoke, u.managed_by, u.version,
    u.created_at, u.updated_at,
    ARRAY(SELECT m.group_name FROM memberships m WHERE m.user_name = u.name ORDER BY m.group_name) AS groups
  FROM users u`;

export function userOf(row: UserRow): User {
  return {
    name: row.name,
    enabled: row.enabled,
    destinations: row.destinations,
    groups: row.groups,
    quota: quotaOf(row.quota_connections),
    onRevoke: row.on_revoke,
    managedBy: row.managed_by,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export function quotaOf(connections: number | null): Quota | null {
  return connections === null ? null : { connections };
}

/** In order of code points, each once: as the database orders them. */
export function sortedNames(names: readonly string[]): readonly string[] {
  return [...new Set(names)].toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
