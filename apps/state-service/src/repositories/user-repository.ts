/** Users in Postgres. Changes are versioned, audited, and published through the outbox. */
import { isDeepStrictEqual } from 'node:util';
import { AlreadyExistsError, NotFoundError } from '../domain/state-error.ts';
import type { UserReader, UserWriter } from '../domain/state-store.ts';
import type { User, UserInput } from '../domain/user.ts';
import type { Session } from '../database/session.ts';
import type { ChangeRecorder } from './change-recorder.ts';
import { keysetQuery, pageOf } from './keyset-query.ts';
import { lockGroupsForJoining, lockUser, requireRulesInBounds, requireVersion } from './locked-subject.ts';
import { selectUser, sortedNames, type UserRow, userOf } from './user-row.ts';

export function createUserReader(session: Session): UserReader {
  return {
    async find(name) {
      const [row] = await session.query<UserRow>(`${selectUser} WHERE u.name = $1`, [name]);
      return row === undefined ? null : userOf(row);
    },
    async list(filter, page) {
      const query = keysetQuery({
        select: selectUser,
        key: 'u.name',
        keyType: 'text',
        page,
        conditions: [
          ['u.enabled = ?', filter.enabled],
          ['u.destinations = ?', filter.destinations],
          ['u.name ^@ ?', filter.namePrefix],
          ['u.managed_by ^@ ?', filter.managedByPrefix],
          ['EXISTS (SELECT 1 FROM memberships m WHERE m.user_name = u.name AND m.group_name = ?)', filter.group],
        ],
      });
      const rows = await session.query<UserRow>(query.text, query.values);
      return pageOf(rows.map(userOf), page.limit, ({ name }) => name);
    },
  };
}

export function createUserWriter(session: Session, recorder: ChangeRecorder): UserWriter {
  const reader = createUserReader(session);
  const mustFind = async (name: string): Promise<User> => {
    const user = await reader.find(name);
    if (user === null) throw new NotFoundError('User', name);
    return user;
  };
  return {
    ...reader,
    async create(input) {
      const groups = sortedNames(input.groups);
      await lockGroupsForJoining(session, groups, input.name);
      if (!(await insertUser(session, input))) throw new AlreadyExistsError('User', input.name);
      await setGroups(session, input.name, groups);
      // Also makes its generation one above that of a user of this name whose deletion was waited for.
      await recorder.touchUsers([input.name]);
      if (groups.length > 0) await requireRulesInBounds(session, input.name);
      const after = await mustFind(input.name);
      await recorder.audit([{ action: 'Created', kind: 'User', name: input.name, before: null, after }]);
      return after;
    },
    async update(name, patch, expectedVersion) {
      if (patch.groups !== undefined) await lockGroupsForJoining(session, sortedNames(patch.groups), name);
      const before = await lockUser(session, name);
      requireVersion({ kind: 'User', resource: name, version: before.version }, expectedVersion);
      const wanted: UserInput = { ...before, ...patch, groups: sortedNames(patch.groups ?? before.groups) };
      if (isDeepStrictEqual(inputOf(wanted), inputOf(before))) return before;
      await updateFields(session, wanted);
      if (patch.groups !== undefined) {
        await setGroups(session, name, wanted.groups);
        await requireRulesInBounds(session, name);
      }
      await recorder.touchUsers([name]);
      const after = await mustFind(name);
      await recorder.audit([{ action: 'Updated', kind: 'User', name, before, after }]);
      return after;
    },
    async delete(name, expectedVersion) {
      const user = await lockUser(session, name);
      requireVersion({ kind: 'User', resource: name, version: user.version }, expectedVersion);
      const [own] = await session.query<{ credentials: string[]; rules: string[] }>(
        `SELECT ARRAY(SELECT id FROM credentials WHERE user_name = $1 ORDER BY position) AS credentials,
                ARRAY(SELECT id FROM acl_rules WHERE user_name = $1 ORDER BY position) AS rules`,
        [name],
      );
      await session.query('DELETE FROM users WHERE name = $1', [name]);
      await recorder.buryUsers([name]);
      await recorder.audit([{ action: 'Deleted', kind: 'User', name, before: { ...user, ...own }, after: null }]);
    },
  };
}

/** false: the name is taken. */
export async function insertUser(session: Session, input: UserInput): Promise<boolean> {
  const inserted = await session.query(
    `INSERT INTO users (name, enabled, destinations, quota_connections, on_revoke, managed_by)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (name) DO NOTHING RETURNING name`,
    columnsOf(input),
  );
  if (inserted.length === 0) return false;
  await session.query('DELETE FROM deleted_users WHERE name = $1', [input.name]);
  return true;
}

/** All but the groups; the row is locked. */
export async function updateFields(session: Session, wanted: UserInput): Promise<void> {
  await session.query(
    `UPDATE users SET enabled = $2, destinations = $3, quota_connections = $4, on_revoke = $5, managed_by = $6,
       version = nextval('version_sequence'), updated_at = now() WHERE name = $1`,
    columnsOf(wanted),
  );
}

/** What a client says of a user, without what the service adds. */
export function inputOf({ name, enabled, destinations, groups, quota, onRevoke, managedBy }: UserInput): UserInput {
  return { name, enabled, destinations, groups, quota, onRevoke, managedBy };
}

function columnsOf(user: UserInput): readonly unknown[] {
  const { name, enabled, destinations, quota, onRevoke, managedBy } = user;
  return [name, enabled, destinations, quota?.connections ?? null, onRevoke, managedBy];
}

export async function setGroups(session: Session, user: string, groups: readonly string[]): Promise<void> {
  await session.query('DELETE FROM memberships WHERE user_name = $1 AND group_name <> ALL ($2::text[])', [
    user,
    groups,
  ]);
  await session.query(
    `INSERT INTO memberships (user_name, group_name) SELECT $1, name FROM unnest($2::text[]) AS name
     ON CONFLICT DO NOTHING`,
    [user, groups],
  );
}
