/** Managed users in pages: what their keeper compares with what it wants, and where they were published. */
import type { ManagedUser, ManagedUserFilter } from '../domain/managed-user.ts';
import type { Page, PageRequest } from '../domain/page.ts';
import { wholeUserTag } from '../domain/whole-user.ts';
import type { Session } from '../database/session.ts';
import { keysetQuery, pageOf } from './keyset-query.ts';

interface ManagedUserRow {
  readonly name: string;
  readonly managed_by: string;
  readonly managed_revision: string | null;
  readonly managed_tag: string | null;
  readonly version: number;
  readonly credentials: readonly number[];
  readonly rules: readonly number[];
  readonly generation: number;
  readonly published_generation: number | null;
  readonly epoch: number | null;
  readonly revision: number | null;
}

// Versions as one JSON list each: the driver gives the elements of a bigint[] as texts.
const selectManaged = `
  SELECT u.name, u.managed_by, u.managed_revision, u.managed_tag, u.version, u.generation,
    coalesce((SELECT json_agg(c.version ORDER BY c.position) FROM credentials c WHERE c.user_name = u.name), '[]') AS credentials,
    coalesce((SELECT json_agg(r.version ORDER BY r.position) FROM acl_rules r WHERE r.user_name = u.name), '[]') AS rules,
    p.generation AS published_generation, p.epoch, p.revision
  FROM users u LEFT JOIN user_publications p ON p.user_name = u.name`;

export async function listManagedUsers(
  session: Session,
  filter: ManagedUserFilter,
  page: PageRequest,
): Promise<Page<ManagedUser>> {
  const query = keysetQuery({
    select: selectManaged,
    key: 'u.name',
    keyType: 'text',
    page,
    conditions: [
      ['u.managed_by IS NOT NULL AND u.managed_by ^@ ?', filter.managedByPrefix ?? ''],
      ['u.generation >= ?', filter.sinceGeneration],
    ],
  });
  const rows = await session.query<ManagedUserRow>(query.text, query.values);
  return pageOf(rows.map(managedUserOf), page.limit, ({ name }) => name);
}

function managedUserOf(row: ManagedUserRow): ManagedUser {
  const { credentials, rules, managed_revision: managedRevision } = row;
  const tag = wholeUserTag({ user: row.version, managedRevision, credentials, rules });
  const { published_generation: published, epoch, revision } = row;
  const isPublished = published !== null && published >= row.generation && epoch !== null && revision !== null;
  return {
    name: row.name,
    managedBy: row.managed_by,
    managedRevision,
    tag,
    isEdited: row.managed_tag !== tag,
    generation: row.generation,
    publication: isPublished ? { epoch, revision } : null,
  };
}
