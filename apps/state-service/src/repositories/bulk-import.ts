/**
 * Imports rows of any number in batches, each a transaction of its own: what an outcome says is committed. Users go set by set,
 * groups and rules one by one within their batch. Memory is that of one batch, however the rows come.
 */
import type { Database } from '../database/database.ts';
import { DatabaseFaultError, DatabaseUnavailableError } from '../database/database-error.ts';
import { mapDatabaseError } from '../database/map-database-error.ts';
import type { Session } from '../database/session.ts';
import type { ImportConflictMode, ImportOutcome, ImportRow } from '../domain/import-row.ts';
import {
  AlreadyExistsError,
  InvalidValueError,
  LimitExceededError,
  NotFoundError,
  UnknownReferenceError,
} from '../domain/state-error.ts';
import type { ImportOptions, WriteContext } from '../domain/state-store.ts';
import { createAclRuleWriter } from './acl-rule-repository.ts';
import { ChangeRecorder } from './change-recorder.ts';
import { createGroupWriter } from './group-repository.ts';
import { failed, importUsers, type UserImportRow } from './import-users.ts';

const batchRows = 500;
const uniqueViolation = '23505';

type RowError = AlreadyExistsError | InvalidValueError | LimitExceededError | NotFoundError | UnknownReferenceError;

export async function* importRows(
  database: Database,
  context: WriteContext,
  rows: AsyncIterable<ImportRow>,
  { onConflict, signal }: ImportOptions,
): AsyncGenerator<ImportOutcome> {
  for await (const batch of batchesOf(rows)) {
    signal.throwIfAborted();
    yield* await importBatch(database, context, batch, onConflict);
  }
}

/** Rows of one kind, in order, none of them twice. */
async function* batchesOf(rows: AsyncIterable<ImportRow>): AsyncGenerator<readonly ImportRow[]> {
  let batch: ImportRow[] = [];
  const names = new Set<string>();
  for await (const row of rows) {
    const name = nameOf(row);
    const isOther = batch[0] !== undefined && batch[0].kind !== row.kind;
    if (isOther || batch.length >= batchRows || names.has(name)) {
      yield batch;
      batch = [];
      names.clear();
    }
    batch.push(row);
    if (name !== '') names.add(name);
  }
  if (batch.length > 0) yield batch;
}

async function importBatch(
  database: Database,
  context: WriteContext,
  batch: readonly ImportRow[],
  onConflict: ImportConflictMode,
): Promise<readonly ImportOutcome[]> {
  try {
    return await database.write(async (session) => {
      const recorder = new ChangeRecorder(session, context);
      const users = batch.filter((row): row is UserImportRow => row.kind === 'User');
      if (users.length > 0) return await importUsers(session, recorder, users, onConflict);
      return await importOneByOne(session, recorder, batch, onConflict);
    });
  } catch (error) {
    const reason = asRowError(error, batch[0]);
    if (reason === null) throw error;
    const [only] = batch;
    if (batch.length === 1 && only !== undefined) return [failed(nameOf(only), reason)];
    const outcomes: ImportOutcome[] = [];
    for (const row of batch) outcomes.push(...(await importBatch(database, context, [row], onConflict)));
    return outcomes;
  }
}

async function importOneByOne(
  session: Session,
  recorder: ChangeRecorder,
  rows: readonly ImportRow[],
  onConflict: ImportConflictMode,
): Promise<readonly ImportOutcome[]> {
  await recorder.lockWide();
  const outcomes: ImportOutcome[] = [];
  for (const row of rows) {
    await session.query('SAVEPOINT one_row');
    try {
      outcomes.push(await importOne(session, recorder, row, onConflict));
      await session.query('RELEASE SAVEPOINT one_row');
    } catch (error) {
      const reason = asRowError(mapDatabaseError(error), row);
      if (reason === null) throw error;
      await session.query('ROLLBACK TO SAVEPOINT one_row');
      outcomes.push(failed(nameOf(row), reason));
    }
  }
  return outcomes;
}

async function importOne(
  session: Session,
  recorder: ChangeRecorder,
  row: ImportRow,
  onConflict: ImportConflictMode,
): Promise<ImportOutcome> {
  if (row.kind === 'Group') {
    const groups = createGroupWriter(session, recorder);
    const { name, ...patch } = row.group;
    if (onConflict === 'Fail' || (await groups.find(name)) === null) {
      await groups.create(row.group);
      return { kind: 'Created', name };
    }
    await groups.update(name, patch, null);
    return { kind: 'Replaced', name };
  }
  if (row.kind === 'User') throw new TypeError('users are imported in sets');
  const rules = createAclRuleWriter(session, recorder);
  if (row.id === null) return { kind: 'Created', name: (await rules.create(row.rule)).id };
  const present = onConflict === 'Fail' ? null : await rules.find(row.id);
  if (present === null) {
    await rules.createWithId(row.id, row.rule);
    return { kind: 'Created', name: row.id };
  }
  const { subject, ...patch } = row.rule;
  // A rule's subject stays; the id belongs to another's rule.
  if (subject.user !== present.subject.user || subject.group !== present.subject.group) {
    throw new AlreadyExistsError('AclRule', row.id);
  }
  await rules.update(row.id, patch, null);
  return { kind: 'Replaced', name: row.id };
}

function nameOf(row: ImportRow): string {
  switch (row.kind) {
    case 'Group':
      return row.group.name;
    case 'User':
      return row.user.name;
    case 'AclRule':
      return row.id ?? '';
  }
}

/** The row's own fault; null: the import cannot go on. */
function asRowError(error: unknown, row: ImportRow | undefined): RowError | null {
  if (error instanceof DatabaseUnavailableError) return null;
  if (error instanceof DatabaseFaultError && error.sqlState === uniqueViolation)
    return new AlreadyExistsError(row?.kind ?? 'User', row === undefined ? '' : nameOf(row));
  const isOfRow =
    error instanceof AlreadyExistsError ||
    error instanceof InvalidValueError ||
    error instanceof LimitExceededError ||
    error instanceof NotFoundError ||
    error instanceof UnknownReferenceError;
  return isOfRow ? error : null;
}
