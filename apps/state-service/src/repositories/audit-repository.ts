/** The audit log in Postgres, read only: changes write it themselves, in their own transaction. */
import type { AuditAction, AuditEntry, AuditedKind, AuditedState } from '../domain/audit-entry.ts';
import type { AuditReader } from '../domain/state-store.ts';
import type { Session } from '../database/session.ts';
import { keysetQuery, pageOf } from './keyset-query.ts';

interface AuditRow {
  readonly id: number;
  readonly at: string;
  readonly actor: string;
  readonly request_id: string;
  readonly action: AuditAction;
  readonly kind: AuditedKind;
  readonly name: string;
  readonly before: AuditedState | null;
  readonly after: AuditedState | null;
}

function entryOf({ request_id: requestId, ...rest }: AuditRow): AuditEntry {
  return { ...rest, requestId };
}

export function createAuditReader(session: Session): AuditReader {
  return {
    async list(filter, page) {
      const query = keysetQuery({
        select: 'SELECT id, at, actor, request_id, action, kind, name, before, after FROM audit_log',
        key: 'id',
        keyType: 'bigint',
        order: 'DESC',
        page,
        conditions: [
          ['actor = ?', filter.actor],
          ['kind = ?', filter.kind],
          ['name = ?', filter.name],
          ['request_id = ?', filter.requestId],
          ['at >= ?::timestamptz', filter.since],
          ['at < ?::timestamptz', filter.until],
        ],
      });
      const rows = await session.query<AuditRow>(query.text, query.values);
      return pageOf(rows.map(entryOf), page.limit, ({ id }) => String(id));
    },
  };
}
