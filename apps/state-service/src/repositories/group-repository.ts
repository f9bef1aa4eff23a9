/** Groups in Postgres. A change of what a group gives its members touches each of them in the same transaction. */
import { isDeepStrictEqual } from 'node:util';
import type { Group, GroupInput } from '../domain/group.ts';
import { AlreadyExistsError, NotFoundError } from '../domain/state-error.ts';
import type { GroupReader, GroupWriter } from '../domain/state-store.ts';
import type { Session } from '../database/session.ts';
import type { ChangeRecorder } from './change-recorder.ts';
import { keysetQuery, pageOf } from './keyset-query.ts';
import { lockGroup, requireVersion } from './locked-subject.ts';
import { quotaOf } from './user-row.ts';

interface GroupRow {
  readonly name: string;
  readonly description: string | null;
  readonly quota_connections: number | null;
  readonly version: number;
  readonly created_at: string;
  readonly updated_at: string;
}

const columns = 'name, description, quota_connections, version, created_at, updated_at';
const selectGroup = `SELECT ${columns} FROM groups`;

function groupOf(row: GroupRow): Group {
  return {
    name: row.name,
    description: row.description,
    quota: quotaOf(row.quota_connections),
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export function createGroupReader(session: Session): GroupReader {
  return {
    async find(name) {
      const [row] = await session.query<GroupRow>(`${selectGroup} WHERE name = $1`, [name]);
      return row === undefined ? null : groupOf(row);
    },
    async list(filter, page) {
      const query = keysetQuery({
        select: selectGroup,
        key: 'name',
        keyType: 'text',
        page,
        conditions: [['name ^@ ?', filter.namePrefix]],
      });
      const rows = await session.query<GroupRow>(query.text, query.values);
      return pageOf(rows.map(groupOf), page.limit, ({ name }) => name);
    },
  };
}

export function createGroupWriter(session: Session, recorder: ChangeRecorder): GroupWriter {
  const reader = createGroupReader(session);
  const lock = async (name: string, expectedVersion: number | null): Promise<Group> => {
    await recorder.lockWide();
    const group = (await lockGroup(session, name)) ? await reader.find(name) : null;
    if (group === null) throw new NotFoundError('Group', name);
    requireVersion({ kind: 'Group', resource: name, version: group.version }, expectedVersion);
    return group;
  };
  return {
    ...reader,
    async create(input) {
      const [row] = await session.query<GroupRow>(
        `INSERT INTO groups (name, description, quota_connections) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO NOTHING RETURNING ${columns}`,
        columnsOf(input),
      );
      if (row === undefined) throw new AlreadyExistsError('Group', input.name);
      const after = groupOf(row);
      await recorder.audit([{ action: 'Created', kind: 'Group', name: input.name, before: null, after }]);
      return after;
    },
    async update(name, patch, expectedVersion) {
      const before = await lock(name, expectedVersion);
      const wanted: GroupInput = { ...before, ...patch };
      const isSameQuota = isDeepStrictEqual(wanted.quota, before.quota);
      if (isSameQuota && wanted.description === before.description) return before;
      const [row] = await session.query<GroupRow>(
        `UPDATE groups SET description = $2, quota_connections = $3,
           version = nextval('version_sequence'), updated_at = now() WHERE name = $1 RETURNING ${columns}`,
        columnsOf(wanted),
      );
      if (row === undefined) throw new NotFoundError('Group', name);
      if (!isSameQuota) await recorder.touchMembers(name, { isLeaving: false });
      const after = groupOf(row);
      await recorder.audit([{ action: 'Updated', kind: 'Group', name, before, after }]);
      return after;
    },
    async delete(name, expectedVersion) {
      const group = await lock(name, expectedVersion);
      const [own] = await session.query<{ members: number; rules: string[] }>(
        `SELECT (SELECT count(*) FROM memberships WHERE group_name = $1) AS members,
                ARRAY(SELECT id FROM acl_rules WHERE group_name = $1 ORDER BY position) AS rules`,
        [name],
      );
      await recorder.touchMembers(name, { isLeaving: true });
      await session.query('DELETE FROM groups WHERE name = $1', [name]);
      await recorder.audit([{ action: 'Deleted', kind: 'Group', name, before: { ...group, ...own }, after: null }]);
    },
  };
}

function columnsOf(group: GroupInput): readonly unknown[] {
  return [group.name, group.description, group.quota?.connections ?? null];
}
