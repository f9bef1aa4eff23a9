/** Everything but verifiers, keys and logs, row by row: read in pages, so that memory is that of a page and no transaction is long. */
import type { Database } from '../database/database.ts';
import type { ExportRow } from '../domain/import-row.ts';
import type { Page, PageRequest } from '../domain/page.ts';
import { createAclRuleReader } from './acl-rule-repository.ts';
import { createGroupReader } from './group-repository.ts';
import { createUserReader } from './user-repository.ts';

const pageRows = 500;

export async function* exportRows(database: Database): AsyncGenerator<ExportRow> {
  const groups = pagesOf((page) => database.read((session) => createGroupReader(session).list({}, page)));
  for await (const { name, description, quota } of groups) {
    yield { kind: 'Group', group: { name, description, quota } };
  }
  const users = pagesOf((page) => database.read((session) => createUserReader(session).list({}, page)));
  for await (const { version: _version, createdAt: _created, updatedAt: _updated, ...user } of users) {
    yield { kind: 'User', user };
  }
  const rules = pagesOf((page) => database.read((session) => createAclRuleReader(session).list({}, page)));
  for await (const { id, subject, domains, cidrs, ports, comment } of rules) {
    yield { kind: 'AclRule', id, rule: { subject, domains, cidrs, ports, comment } };
  }
}

async function* pagesOf<Row>(read: (page: PageRequest) => Promise<Page<Row>>): AsyncGenerator<Row> {
  let after: string | null = null;
  do {
    const page: Page<Row> = await read({ after, limit: pageRows });
    yield* page.rows;
    after = page.next;
  } while (after !== null);
}
