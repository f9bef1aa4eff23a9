/**
 * The range `users` as Postgres has it at one instant: some users by name, or all of them in pages. One statement reads a user with
 * all that its spec is made of, so that generation and spec belong together. Memory is that of a page.
 */
import { parseResourceKey } from '@sluice/contract/config-key.ts';
import type { Truth, TruthRecord } from '@sluice/live-config/publisher/truth.ts';
import type { Database } from '../database/database.ts';
import type { ReadingBounds, Session } from '../database/session.ts';
import { deletedUser, type PublishedUserRow, publishedUser } from './published-user.ts';

const pageRows = 500;
/** A million users take two minutes; a publisher that NATS holds up reads on where it was. */
const listingBounds: ReadingBounds = { idleMs: 60_000, totalMs: 15 * 60_000 };

const selectPublished = `
  SELECT u.name, u.generation, u.enabled, u.destinations, u.on_revoke,
    least(u.quota_connections, (
      SELECT min(g.quota_connections) FROM memberships m JOIN groups g ON g.name = m.group_name WHERE m.user_name = u.name
    )) AS connections,
    (SELECT json_agg(json_build_object(
        'kind', c.kind, 'verifier', c.verifier,
        'notAfter', to_char(c.not_after AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
      ) ORDER BY c.position)
      FROM credentials c WHERE c.user_name = u.name) AS credentials,
    CASE WHEN u.destinations = 'Rules' THEN (
      SELECT json_agg(json_build_object('domains', r.domains, 'cidrs', r.cidrs, 'ports', r.ports)
        ORDER BY r.group_name NULLS FIRST, r.position)
      FROM acl_rules r
      WHERE r.user_name = u.name OR r.group_name IN (SELECT m.group_name FROM memberships m WHERE m.user_name = u.name)
    ) END AS rules
  FROM users u`;

interface DeletedRow {
  readonly name: string;
  readonly generation: number;
}

/** Of the users named, those that are there and those that are remembered as deleted. */
export async function readPublished(session: Session, names: readonly string[]): Promise<readonly TruthRecord[]> {
  const users = await session.query<PublishedUserRow>(`${selectPublished} WHERE u.name = ANY ($1::text[])`, [names]);
  const deleted = await session.query<DeletedRow>(
    'SELECT name, generation FROM deleted_users WHERE name = ANY ($1::text[])',
    [names],
  );
  return [...users.map(publishedUser), ...deleted.map(({ name, generation }) => deletedUser(name, generation))];
}

/** `tellAll` resolves when the publisher has been given all that was committed before the call; it may reject. */
export function createPostgresTruth(database: Database, tellAll: () => Promise<void>): Truth {
  return {
    list: (keys) =>
      keys === undefined ? database.readPages(listAll, listingBounds) : listSome({ database, tellAll }, keys),
  };
}

async function* listSome(
  { database, tellAll }: { readonly database: Database; readonly tellAll: () => Promise<void> },
  keys: readonly string[],
): AsyncGenerator<readonly TruthRecord[]> {
  const names = keys.flatMap((key) => {
    const parsed = parseResourceKey(key);
    return parsed?.kind === 'User' ? [parsed.name] : [];
  });
  // Some hundred at most: a publisher asks for what it repairs.
  yield await database.read((session) => readPublished(session, names));
  await tellAll();
}

async function* listAll(session: Session): AsyncGenerator<readonly TruthRecord[]> {
  yield* pagesOf(async (after) => {
    const rows = await session.query<PublishedUserRow>(
      `${selectPublished} WHERE u.name > $1 ORDER BY u.name LIMIT ${pageRows}`,
      [after],
    );
    return { records: rows.map(publishedUser), last: rows.at(-1)?.name };
  });
  yield* pagesOf(async (after) => {
    const rows = await session.query<DeletedRow>(
      `SELECT name, generation FROM deleted_users WHERE name > $1 ORDER BY name LIMIT ${pageRows}`,
      [after],
    );
    return { records: rows.map(({ name, generation }) => deletedUser(name, generation)), last: rows.at(-1)?.name };
  });
}

interface TruthPage {
  readonly records: readonly TruthRecord[];
  readonly last: string | undefined;
}

async function* pagesOf(read: (after: string) => Promise<TruthPage>): AsyncGenerator<readonly TruthRecord[]> {
  for (let after = ''; ; ) {
    const { records, last } = await read(after);
    if (records.length > 0) yield records;
    if (last === undefined || records.length < pageRows) return;
    after = last;
  }
}
