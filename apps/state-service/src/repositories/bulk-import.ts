/**
 * Imports rows of any number in batches, each a transaction of its own: what an outcome says is committed. Users and rules go set by
 * set, groups one by one within their batch. Memory is that of one batch, however the rows come.
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
import type { GroupWriter, ImportOptions, WriteContext } from '../domain/state-store.ts';
import { ChangeRecorder } from './change-recorder.ts';
import { createGroupWriter } from './group-repository.ts';
import { failedRow } from './failed-row.ts';
import { importRules, type RuleImportRow } from './import-rules.ts';
import { importUsers, type UserImportRow } from './import-users.ts';

type GroupImportRow = Extract<ImportRow, { kind: 'Group' }>;

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
      const rules = batch.filter((row): row is RuleImportRow => row.kind === 'AclRule');
      if (rules.length > 0) return await importRules(session, recorder, rules, onConflict);
      const groups = batch.filter((row): row is GroupImportRow => row.kind === 'Group');
      return await importGroups(session, recorder, groups, onConflict);
    });
  } catch (error) {
    const reason = asRowError(error, batch[0]);
    if (reason === null) throw error;
    const [only] = batch;
    if (batch.length === 1 && only !== undefined) return [failedRow(nameOf(only), reason)];
    const outcomes: ImportOutcome[] = [];
    for (const row of batch) outcomes.push(...(await importBatch(database, context, [row], onConflict)));
    return outcomes;
  }
}

async function importGroups(
  session: Session,
  recorder: ChangeRecorder,
  rows: readonly GroupImportRow[],
  onConflict: ImportConflictMode,
): Promise<readonly ImportOutcome[]> {
  await recorder.lockWide();
  const outcomes: ImportOutcome[] = [];
  for (const row of rows) {
    await session.query('SAVEPOINT one_row');
    try {
      outcomes.push(await importGroup(createGroupWriter(session, recorder), row, onConflict));
      await session.query('RELEASE SAVEPOINT one_row');
    } catch (error) {
      const reason = asRowError(mapDatabaseError(error), row);
      if (reason === null) throw error;
      await session.query('ROLLBACK TO SAVEPOINT one_row');
      outcomes.push(failedRow(nameOf(row), reason));
    }
  }
  return outcomes;
}

async function importGroup(
  groups: GroupWriter,
  { group }: GroupImportRow,
  onConflict: ImportConflictMode,
): Promise<ImportOutcome> {
  const { name, ...patch } = group;
  if (onConflict === 'Fail' || (await groups.find(name)) === null) {
    await groups.create(group);
    return { kind: 'Created', name };
  }
  await groups.update(name, patch, null);
  return { kind: 'Replaced', name };
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
