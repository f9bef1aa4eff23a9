/** Rows of the access list as domain records. */
import type { AclRule } from '../domain/acl-rule.ts';

export interface AclRuleRow {
  readonly id: string;
  readonly user_name: string | null;
  readonly group_name: string | null;
  readonly domains: readonly string[] | null;
  readonly cidrs: readonly string[] | null;
  readonly ports: readonly number[] | null;
  readonly comment: string | null;
  readonly version: number;
  readonly created_at: string;
  readonly updated_at: string;
}

export const aclRuleColumns =
  'id, user_name, group_name, domains, cidrs, ports, comment, version, created_at, updated_at';

export function aclRuleOf(row: AclRuleRow): AclRule {
  return {
    id: row.id,
    subject: row.user_name === null ? { group: row.group_name ?? '' } : { user: row.user_name },
    domains: row.domains,
    cidrs: row.cidrs,
    ports: row.ports,
    comment: row.comment,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
