/** A user with all that belongs to it, for people. Pure. */
import type { CredentialResource } from '@sluice/contract/state-api/credential-resource.ts';
import type { UserResource } from '@sluice/contract/state-api/user-resource.ts';
import { printable } from './printable.ts';
import { TextTable } from './text-table.ts';

export interface UserDetails {
  readonly user: UserResource;
  /** null: the key may not read them. */
  readonly credentials: readonly CredentialResource[] | null;
  readonly rules: readonly (readonly string[])[] | null;
  readonly ruleHeadings: readonly string[];
}

export function userText({ user, credentials, rules, ruleHeadings }: UserDetails): string {
  const facts: readonly (readonly [string, string])[] = [
    ['name', user.name],
    ['enabled', user.enabled ? 'yes' : 'no'],
    ['destinations', user.destinations],
    ['groups', user.groups.length === 0 ? '-' : user.groups.join(' ')],
    ['connections', user.quota === undefined ? 'no limit of its own' : `at most ${user.quota.connections}`],
    ['on revoke', user.onRevoke],
    ['managed by', user.managedBy ?? '-'],
    ['version', String(user.version)],
    ['created', user.createdAt],
    ['updated', user.updatedAt],
  ];
  const lines = facts.map(([name, value]) => `${name.padEnd(14)}${printable(value)}\n`);
  const credentialRows = credentials?.map(({ id, kind, notAfter, createdAt }) => [
    id,
    kind,
    notAfter ?? 'never',
    createdAt,
  ]);
  return [
    ...lines,
    section('credentials', ['ID', 'KIND', 'NOT-AFTER', 'CREATED'], credentialRows ?? null),
    section('rules', ruleHeadings, rules),
  ].join('');
}

function section(name: string, headings: readonly string[], rows: readonly (readonly string[])[] | null): string {
  if (rows === null) return `\n${name}: the key may not read them\n`;
  if (rows.length === 0) return `\n${name}: none\n`;
  return `\n${name}:\n${new TextTable(headings).rows(rows)}`;
}
