/** Locks on the users and groups that a change concerns, and the bounds that are only right while they are held. */
import { maxRuleBytesPerUser, maxRulesPerUser } from '../domain/acl-rule.ts';
import {
  LimitExceededError,
  NotFoundError,
  UnknownReferenceError,
  VersionMismatchError,
} from '../domain/state-error.ts';
import type { StoredKind } from '../domain/state-error.ts';
import { maxGroupsPerUser, type User } from '../domain/user.ts';
import type { Session } from '../database/session.ts';
import { selectUser, sortedNames, type UserRow, userOf } from './user-row.ts';

/** The user with its row locked; rejects with NotFoundError. */
export async function lockUser(session: Session, name: string): Promise<User> {
  const locked = await session.query('SELECT 1 FROM users WHERE name = $1 FOR UPDATE', [name]);
  if (locked.length === 0) throw new NotFoundError('User', name);
  // A statement of its own: what was committed while the lock was waited for is seen.
  const [row] = await session.query<UserRow>(`${selectUser} WHERE u.name = $1`, [name]);
  if (row === undefined) throw new NotFoundError('User', name);
  return userOf(row);
}

/** Nobody deletes or changes the groups until the end; rejects with UnknownReferenceError. */
export async function lockGroupsForJoining(session: Session, names: readonly string[], user: string): Promise<void> {
  if (names.length === 0) return;
  if (names.length > maxGroupsPerUser) throw new LimitExceededError('GroupsPerUser', maxGroupsPerUser, user);
  const rows = await session.query<{ name: string }>(
    'SELECT name FROM groups WHERE name = ANY ($1::text[]) ORDER BY name FOR KEY SHARE',
    [sortedNames(names)],
  );
  const found = new Set(rows.map(({ name }) => name));
  const missing = names.find((name) => !found.has(name));
  if (missing !== undefined) throw new UnknownReferenceError('Group', missing);
}

/** Nobody joins the group, or changes it, until the end. */
export async function lockGroup(session: Session, name: string): Promise<boolean> {
  return (await session.query('SELECT 1 FROM groups WHERE name = $1 FOR UPDATE', [name])).length > 0;
}

export interface Versioned {
  readonly kind: StoredKind;
  readonly resource: string;
  readonly version: number;
}

export function requireVersion({ kind, resource, version }: Versioned, expected: number | null): void {
  if (expected !== null && expected !== version) throw new VersionMismatchError(kind, resource, version);
}

const rulesOf = `
  SELECT u.name, held.count, held.bytes FROM users u CROSS JOIN LATERAL (
    SELECT count(*) AS count,
      coalesce(sum(octet_length(concat(array_to_json(r.domains), array_to_json(r.cidrs), array_to_json(r.ports)))), 0)::bigint
        AS bytes
    FROM acl_rules r
    WHERE r.user_name = u.name
      OR r.group_name IN (SELECT m.group_name FROM memberships m WHERE m.user_name = u.name)
  ) AS held
  WHERE u.name IN (CHOICE) AND (held.count > $2 OR held.bytes > $3)
  LIMIT 1`;

/** With the user's row locked, after the change. */
export async function requireRulesInBounds(session: Session, user: string): Promise<void> {
  await requireNone(session, rulesOf.replace('CHOICE', '$1'), user);
}

/** As `requireRulesInBounds`, of many users at once. */
export async function requireRulesOfAllInBounds(session: Session, users: readonly string[]): Promise<void> {
  await requireNone(session, rulesOf.replace('CHOICE', 'SELECT unnest($1::text[])'), users);
}

/** With the group's and its members' rows locked, after the change. */
export async function requireMembersRulesInBounds(session: Session, group: string): Promise<void> {
  await requireNone(
    session,
    rulesOf.replace('CHOICE', 'SELECT user_name FROM memberships WHERE group_name = $1'),
    group,
  );
}

async function requireNone(session: Session, text: string, choice: string | readonly string[]): Promise<void> {
  const [over] = await session.query<{ name: string; count: number }>(text, [
    choice,
    maxRulesPerUser,
    maxRuleBytesPerUser,
  ]);
  if (over === undefined) return;
  throw over.count > maxRulesPerUser
    ? new LimitExceededError('RulesPerUser', maxRulesPerUser, over.name)
    : new LimitExceededError('RuleBytesPerUser', maxRuleBytesPerUser, over.name);
}
