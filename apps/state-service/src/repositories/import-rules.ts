/**
 * A batch of rules in a few statements, whatever their number; users and members of groups that they concern are touched once. Rows that
 * cannot be are told apart before anything is written; what only the database finds out rejects the whole batch, and the caller tries its
 * rows one by one.
 */
import type { Session } from '../database/session.ts';
import type { AclSubject } from '../domain/acl-rule.ts';
import type { ImportConflictMode, ImportOutcome, ImportRow } from '../domain/import-row.ts';
import { AlreadyExistsError, UnknownReferenceError } from '../domain/state-error.ts';
import { type AclRuleRow, aclRuleColumns, aclRuleOf } from './acl-rule-row.ts';
import type { AuditedChange, ChangeRecorder } from './change-recorder.ts';
import { failedRow } from './failed-row.ts';
import { requireRulesOfAllInBounds } from './locked-subject.ts';
import { createRandomId } from './random-id.ts';
import { sortedNames } from './user-row.ts';

export type RuleImportRow = Extract<ImportRow, { kind: 'AclRule' }>;

interface Present {
  readonly users: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
  readonly rules: ReadonlyMap<string, AclRuleRow>;
  readonly onConflict: ImportConflictMode;
}

/** No id twice among `rows`; outcomes in their order. */
export async function importRules(
  session: Session,
  recorder: ChangeRecorder,
  rows: readonly RuleImportRow[],
  onConflict: ImportConflictMode,
): Promise<readonly ImportOutcome[]> {
  await recorder.lockWide();
  const present: Present = {
    groups: await lockNames(
      session,
      'groups',
      rows.flatMap(({ rule }) => rule.subject.group ?? []),
    ),
    users: await lockNames(
      session,
      'users',
      rows.flatMap(({ rule }) => rule.subject.user ?? []),
    ),
    rules: await findRules(session, rows),
    onConflict,
  };
  const judged = rows.map((row) => ({ row, outcome: judge(row, present) }));
  const written = judged.filter(({ outcome }) => outcome.kind !== 'Failed');
  if (written.length > 0) {
    const named = written.map(({ row, outcome }) => ({ ...row, id: outcome.name }));
    await writeRules(session, named);
    await touchSubjects(
      session,
      recorder,
      named.map(({ rule }) => rule.subject),
    );
    await recorder.audit(named.map((row) => changeOf(row, present.rules.get(row.id))));
  }
  return judged.map(({ outcome }) => outcome);
}

async function lockNames(
  session: Session,
  table: 'groups' | 'users',
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  if (names.length === 0) return new Set();
  const found = await session.query<{ name: string }>(
    `SELECT name FROM ${table} WHERE name = ANY ($1::text[]) ORDER BY name FOR UPDATE`,
    [sortedNames(names)],
  );
  return new Set(found.map(({ name }) => name));
}

async function findRules(session: Session, rows: readonly RuleImportRow[]): Promise<ReadonlyMap<string, AclRuleRow>> {
  const ids = rows.flatMap(({ id }) => id ?? []);
  if (ids.length === 0) return new Map();
  const found = await session.query<AclRuleRow>(`SELECT ${aclRuleColumns} FROM acl_rules WHERE id = ANY ($1::text[])`, [
    ids,
  ]);
  return new Map(found.map((row) => [row.id, row]));
}

function judge({ id, rule }: RuleImportRow, { users, groups, rules, onConflict }: Present): ImportOutcome {
  const name = id ?? createRandomId();
  const { user, group } = rule.subject;
  const missing = missingSubject(rule.subject, { users, groups });
  if (missing !== null) return failedRow(id ?? '', missing);
  const before = rules.get(name);
  if (before === undefined) return { kind: 'Created', name };
  // A rule's subject stays: otherwise the id belongs to another's rule.
  const isSameSubject = before.user_name === (user ?? null) && before.group_name === (group ?? null);
  if (onConflict === 'Fail' || !isSameSubject) return failedRow(name, new AlreadyExistsError('AclRule', name));
  return { kind: 'Replaced', name };
}

function missingSubject(
  { user, group }: AclSubject,
  { users, groups }: Pick<Present, 'users' | 'groups'>,
): UnknownReferenceError | null {
  if (user !== undefined && !users.has(user)) return new UnknownReferenceError('User', user);
  return group === undefined || groups.has(group) ? null : new UnknownReferenceError('Group', group);
}

type NamedRule = RuleImportRow & { readonly id: string };

async function writeRules(session: Session, rows: readonly NamedRule[]): Promise<void> {
  const input = rows.map(({ id, rule: { subject, ...fields } }) => ({
    id,
    user_name: subject.user ?? null,
    group_name: subject.group ?? null,
    ...fields,
  }));
  await session.query(
    `INSERT INTO acl_rules (id, user_name, group_name, domains, cidrs, ports, comment)
     SELECT id, user_name, group_name, domains, cidrs, ports, comment
     FROM ROWS FROM (jsonb_to_recordset($1::jsonb) AS
       (id text, user_name text, group_name text, domains text[], cidrs text[], ports integer[], comment text)
     ) WITH ORDINALITY AS input (id, user_name, group_name, domains, cidrs, ports, comment, place)
     ORDER BY place
     ON CONFLICT (id) DO UPDATE SET domains = excluded.domains, cidrs = excluded.cidrs, ports = excluded.ports,
       comment = excluded.comment, version = nextval('version_sequence'), updated_at = now()
       WHERE acl_rules.user_name IS NOT DISTINCT FROM excluded.user_name
         AND acl_rules.group_name IS NOT DISTINCT FROM excluded.group_name`,
    [JSON.stringify(input)],
  );
}

async function touchSubjects(
  session: Session,
  recorder: ChangeRecorder,
  subjects: readonly AclSubject[],
): Promise<void> {
  const groups = sortedNames(subjects.flatMap(({ group }) => group ?? []));
  const members = await session.query<{ name: string }>(
    'SELECT DISTINCT user_name AS name FROM memberships WHERE group_name = ANY ($1::text[])',
    [groups],
  );
  const users = sortedNames([...subjects.flatMap(({ user }) => user ?? []), ...members.map(({ name }) => name)]);
  await recorder.touchUsers(users);
  await requireRulesOfAllInBounds(session, users);
}

function changeOf({ id, rule }: NamedRule, before: AclRuleRow | undefined): AuditedChange {
  return {
    action: 'Imported',
    kind: 'AclRule',
    name: id,
    before: before === undefined ? null : aclRuleOf(before),
    after: { id, ...rule },
  };
}
