/** Rules of the access list in Postgres. Whoever they concern, one user or all of a group, is touched in the same transaction. */
import { isDeepStrictEqual } from 'node:util';
import type { AclRule } from '../domain/acl-rule.ts';
import { NotFoundError, UnknownReferenceError } from '../domain/state-error.ts';
import type { AclRuleReader, AclRuleWriter } from '../domain/state-store.ts';
import type { Session } from '../database/session.ts';
import { type AclRuleRow, aclRuleColumns, aclRuleOf } from './acl-rule-row.ts';
import type { ChangeRecorder } from './change-recorder.ts';
import { keysetQuery, pageOf } from './keyset-query.ts';
import { requireVersion } from './locked-subject.ts';
import { createRandomId } from './random-id.ts';
import { createRuleSubjects } from './rule-subjects.ts';

const selectRule = `SELECT ${aclRuleColumns} FROM acl_rules`;

export function createAclRuleReader(session: Session): AclRuleReader {
  return {
    async find(id) {
      const [row] = await session.query<AclRuleRow>(`${selectRule} WHERE id = $1`, [id]);
      return row === undefined ? null : aclRuleOf(row);
    },
    async list(filter, page) {
      const query = keysetQuery({
        select: selectRule,
        key: 'id',
        keyType: 'text',
        page,
        conditions: [
          ['user_name = ?', filter.user],
          ['group_name = ?', filter.group],
        ],
      });
      const rows = await session.query<AclRuleRow>(query.text, query.values);
      return pageOf(rows.map(aclRuleOf), page.limit, ({ id }) => id);
    },
  };
}

export function createAclRuleWriter(session: Session, recorder: ChangeRecorder): AclRuleWriter {
  const reader = createAclRuleReader(session);

  const subjects = createRuleSubjects(session, recorder);

  const lockRule = async (id: string, expectedVersion: number | null): Promise<AclRule> => {
    const seen = await reader.find(id);
    if (seen === null) throw new NotFoundError('AclRule', id);
    // The subject of a rule never changes. It may be gone by now, and the rule with it.
    await subjects.lock(seen.subject).catch((error: unknown) => {
      throw error instanceof NotFoundError ? new NotFoundError('AclRule', id) : error;
    });
    const rule = await reader.find(id);
    if (rule === null) throw new NotFoundError('AclRule', id);
    requireVersion({ kind: 'AclRule', resource: id, version: rule.version }, expectedVersion);
    return rule;
  };

  return {
    ...reader,
    async create(input) {
      const id = createRandomId();
      await subjects.lock(input.subject).catch((error: unknown) => {
        throw error instanceof NotFoundError ? new UnknownReferenceError(error.kind, error.resource) : error;
      });
      const { user = null, group = null } = input.subject;
      const [row] = await session.query<AclRuleRow>(
        `INSERT INTO acl_rules (id, user_name, group_name, domains, cidrs, ports, comment)
         VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING ${aclRuleColumns}`,
        [id, user, group, input.domains, input.cidrs, input.ports, input.comment],
      );
      if (row === undefined) throw new TypeError('an INSERT gave no row');
      await subjects.touch(input.subject);
      await subjects.requireBounds(input.subject);
      const after = aclRuleOf(row);
      await recorder.audit([{ action: 'Created', kind: 'AclRule', name: id, before: null, after }]);
      return after;
    },
    async update(id, patch, expectedVersion) {
      const before = await lockRule(id, expectedVersion);
      const wanted = { ...before, ...patch };
      if (isDeepStrictEqual(wanted, before)) return before;
      const [row] = await session.query<AclRuleRow>(
        `UPDATE acl_rules SET domains = $2, cidrs = $3, ports = $4, comment = $5,
           version = nextval('version_sequence'), updated_at = now() WHERE id = $1 RETURNING ${aclRuleColumns}`,
        [id, wanted.domains, wanted.cidrs, wanted.ports, wanted.comment],
      );
      if (row === undefined) throw new NotFoundError('AclRule', id);
      await subjects.touch(before.subject);
      await subjects.requireBounds(before.subject);
      const after = aclRuleOf(row);
      await recorder.audit([{ action: 'Updated', kind: 'AclRule', name: id, before, after }]);
      return after;
    },
    async delete(id, expectedVersion) {
      const before = await lockRule(id, expectedVersion);
      await session.query('DELETE FROM acl_rules WHERE id = $1', [id]);
      await subjects.touch(before.subject);
      await recorder.audit([{ action: 'Deleted', kind: 'AclRule', name: id, before, after: null }]);
    },
  };
}
