/**
 * The range `users` as Postgres has it now: some users by name, or all of them in pages. One statement reads a user with all that
 * its spec is made of, so that generation and spec belong together. Memory is that of a page.
 */
import { parseResourceKey } from '@sluice/contract/config-key.ts';
import type { Truth, TruthRecord } from '@sluice/live-config/publisher/truth.ts';
import type { Database } from '../database/database.ts';
import { deletedUser, type PublishedUserRow, publishedUser } from './published-user.ts';

const pageRows = 500;

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
export async function readPublished(database: Database, names: readonly string[]): Promise<readonly TruthRecord[]> {
  return await database.read(async (session) => {
    const users = await session.query<PublishedUserRow>(`${selectPublished} WHERE u.name = ANY ($1::text[])`, [names]);
    const deleted = await session.query<DeletedRow>(
      'SELECT name, generation FROM deleted_users WHERE name = ANY ($1::text[])',
      [names],
    );
    return [...users.map(publishedUser), ...deleted.map(({ name, generation }) => deletedUser(name, generation))];
  });
}

export function createPostgresTruth(database: Database): Truth {
  return { list: (keys) => (keys === undefined ? listAll(database) : listSome(database, keys)) };
}

async function* listSome(database: Database, keys: readonly string[]): AsyncGenerator<readonly TruthRecord[]> {
  const names = keys.flatMap((key) => {
    const parsed = parseResourceKey(key);
    return parsed?.kind === 'User' ? [parsed.name] : [];
  });
  for (let from = 0; from < names.length; from += pageRows) {
    yield await readPublished(database, names.slice(from, from + pageRows));
  }
}

/**
 * A user that comes or goes behind the reading place has a row in the outbox, so no instant is needed that all pages share; users
 * first, so that one that is deleted meanwhile is found among the deleted ones.
 */
async function* listAll(database: Database): AsyncGenerator<readonly TruthRecord[]> {
  yield* pagesOf(async (after) => {
    const rows = await database.read((session) =>
      session.query<PublishedUserRow>(`${selectPublished} WHERE u.name > $1 ORDER BY u.name LIMIT ${pageRows}`, [
        after,
      ]),
    );
    return { records: rows.map(publishedUser), last: rows.at(-1)?.name };
  });
  yield* pagesOf(async (after) => {
    const rows = await database.read((session) =>
      session.query<DeletedRow>(
        `SELECT name, generation FROM deleted_users WHERE name > $1 ORDER BY name LIMIT ${pageRows}`,
        [after],
      ),
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
