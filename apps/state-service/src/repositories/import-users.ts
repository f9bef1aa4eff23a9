/**
 * A batch of users in a few statements, whatever their number. Rows that cannot be are told apart before anything is written;
 * what only the database finds out rejects the whole batch, and the caller tries its rows one by one.
 */
import { type Credential, type CredentialInput, maxCredentialsPerUser } from '../domain/credential.ts';
import type { ImportConflictMode, ImportOutcome, ImportRow } from '../domain/import-row.ts';
import { AlreadyExistsError, LimitExceededError, UnknownReferenceError } from '../domain/state-error.ts';
import { maxGroupsPerUser, type User } from '../domain/user.ts';
import type { Session } from '../database/session.ts';
import type { AuditedChange, ChangeRecorder } from './change-recorder.ts';
import { failedRow } from './failed-row.ts';
import { requireRulesOfAllInBounds } from './locked-subject.ts';
import { createRandomId } from './random-id.ts';
import { selectUser, sortedNames, type UserRow, userOf } from './user-row.ts';

export type UserImportRow = Extract<ImportRow, { kind: 'User' }>;

interface Judged {
  readonly row: UserImportRow;
  readonly outcome: ImportOutcome;
}

/** No name twice among `rows`; outcomes in their order. */
export async function importUsers(
  session: Session,
  recorder: ChangeRecorder,
  rows: readonly UserImportRow[],
  onConflict: ImportConflictMode,
): Promise<readonly ImportOutcome[]> {
  await recorder.lockWide();
  const groups = await lockGroups(session, rows);
  const before = await lockUsers(session, rows);
  const judged = rows.map((row): Judged => ({ row, outcome: judge(row, { groups, before, onConflict }) }));
  const created = judged.filter(({ outcome }) => outcome.kind === 'Created').map(({ row }) => row);
  const replaced = judged.filter(({ outcome }) => outcome.kind === 'Replaced').map(({ row }) => row);
  const written = [...created, ...replaced];
  if (written.length === 0) return judged.map(({ outcome }) => outcome);
  const names = written.map(({ user }) => user.name);
  await insertUsers(session, created);
  await updateUsers(session, replaced);
  await setMemberships(session, written);
  await setCredentials(session, written);
  await session.query('DELETE FROM deleted_users WHERE name = ANY ($1::text[])', [names]);
  await requireRulesOfAllInBounds(session, names);
  await recorder.touchUsers(names);
  await recorder.audit(written.map((row) => changeOf(row, before.get(row.user.name) ?? null)));
  return judged.map(({ outcome }) => outcome);
}

async function lockGroups(session: Session, rows: readonly UserImportRow[]): Promise<ReadonlySet<string>> {
  const names = sortedNames(rows.flatMap(({ user }) => user.groups));
  if (names.length === 0) return new Set();
  const found = await session.query<{ name: string }>(
    'SELECT name FROM groups WHERE name = ANY ($1::text[]) ORDER BY name FOR KEY SHARE',
    [names],
  );
  return new Set(found.map(({ name }) => name));
}

async function lockUsers(session: Session, rows: readonly UserImportRow[]): Promise<ReadonlyMap<string, User>> {
  const names = rows.map(({ user }) => user.name);
  await session.query('SELECT 1 FROM users WHERE name = ANY ($1::text[]) ORDER BY name FOR UPDATE', [names]);
  const found = await session.query<UserRow>(`${selectUser} WHERE u.name = ANY ($1::text[])`, [names]);
  return new Map(found.map((row) => [row.name, userOf(row)]));
}

interface Present {
  readonly groups: ReadonlySet<string>;
  readonly before: ReadonlyMap<string, User>;
  readonly onConflict: ImportConflictMode;
}

function judge({ user, credentials }: UserImportRow, { groups, before, onConflict }: Present): ImportOutcome {
  const { name } = user;
  const isThere = before.has(name);
  if (isThere && onConflict === 'Fail') return failedRow(name, new AlreadyExistsError('User', name));
  const missing = user.groups.find((group) => !groups.has(group));
  if (missing !== undefined) return failedRow(name, new UnknownReferenceError('Group', missing));
  if (user.groups.length > maxGroupsPerUser) {
    return failedRow(name, new LimitExceededError('GroupsPerUser', maxGroupsPerUser, name));
  }
  if ((credentials?.length ?? 0) > maxCredentialsPerUser) {
    return failedRow(name, new LimitExceededError('CredentialsPerUser', maxCredentialsPerUser, name));
  }
  return { kind: isThere ? 'Replaced' : 'Created', name };
}

function userColumns(rows: readonly UserImportRow[]): readonly unknown[] {
  const users = rows.map(({ user }) => user);
  return [
    users.map(({ name }) => name),
    users.map(({ enabled }) => enabled),
    users.map(({ destinations }) => destinations),
    users.map(({ quota }) => quota?.connections ?? null),
    users.map(({ onRevoke }) => onRevoke),
    users.map(({ managedBy }) => managedBy),
  ];
}

const userTable = `unnest($1::text[], $2::boolean[], $3::text[], $4::integer[], $5::text[], $6::text[])
  AS input (name, enabled, destinations, quota_connections, on_revoke, managed_by)`;

async function insertUsers(session: Session, rows: readonly UserImportRow[]): Promise<void> {
  if (rows.length === 0) return;
  // A user that came into being after the lock breaks the key: the batch is tried again, row by row, and sees it.
  await session.query(
    `INSERT INTO users (name, enabled, destinations, quota_connections, on_revoke, managed_by)
     SELECT name, enabled, destinations, quota_connections, on_revoke, managed_by FROM ${userTable}`,
    userColumns(rows),
  );
}

async function updateUsers(session: Session, rows: readonly UserImportRow[]): Promise<void> {
  if (rows.length === 0) return;
  await session.query(
    `UPDATE users SET enabled = input.enabled, destinations = input.destinations,
       quota_connections = input.quota_connections, on_revoke = input.on_revoke, managed_by = input.managed_by,
       version = nextval('version_sequence'), updated_at = now()
     FROM ${userTable} WHERE users.name = input.name`,
    userColumns(rows),
  );
  await session.query('DELETE FROM memberships WHERE user_name = ANY ($1::text[])', [
    rows.map(({ user }) => user.name),
  ]);
}

async function setMemberships(session: Session, rows: readonly UserImportRow[]): Promise<void> {
  const pairs = rows.flatMap(({ user }) => sortedNames(user.groups).map((group) => ({ user: user.name, group })));
  if (pairs.length === 0) return;
  await session.query('INSERT INTO memberships (user_name, group_name) SELECT * FROM unnest($1::text[], $2::text[])', [
    pairs.map(({ user }) => user),
    pairs.map(({ group }) => group),
  ]);
}

interface OwnedCredential extends CredentialInput {
  readonly user: string;
}

async function setCredentials(session: Session, rows: readonly UserImportRow[]): Promise<void> {
  const given = rows.filter(({ credentials }) => credentials !== null);
  if (given.length === 0) return;
  await session.query('DELETE FROM credentials WHERE user_name = ANY ($1::text[])', [
    given.map(({ user }) => user.name),
  ]);
  const inputs = given.flatMap(({ user, credentials }) =>
    (credentials ?? []).map((credential): OwnedCredential => ({ ...credential, user: user.name })),
  );
  if (inputs.length === 0) return;
  await session.query(
    `INSERT INTO credentials (id, user_name, kind, verifier, not_after)
     SELECT id, user_name, kind, verifier, not_after
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) WITH ORDINALITY
       AS input (id, user_name, kind, verifier, not_after, place)
     ORDER BY place`,
    [
      inputs.map(() => createRandomId()),
      inputs.map(({ user }) => user),
      inputs.map(({ verifier }) => verifier.kind),
      inputs.map(({ verifier }) => verifier.text),
      inputs.map(({ notAfter }) => notAfter),
    ],
  );
}

/** The verifiers stay out of the log; which kinds there are now does not. */
function changeOf({ user, credentials }: UserImportRow, before: User | null): AuditedChange {
  const kinds = credentials?.map(
    ({ verifier, notAfter }): Pick<Credential, 'kind' | 'notAfter'> => ({
      kind: verifier.kind,
      notAfter,
    }),
  );
  const after = { ...user, ...(kinds === undefined ? {} : { credentials: kinds }) };
  return { action: 'Imported', kind: 'User', name: user.name, before, after };
}
