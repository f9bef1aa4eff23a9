/** The store over Postgres: units of work put together from the repositories. */
import type { Pepper } from '../api-keys/pepper.ts';
import type { Database } from '../database/database.ts';
import { CommitUnknownError, DatabaseUnavailableError } from '../database/database-error.ts';
import type { Session } from '../database/session.ts';
import type { ReadUnit, StateStore, WriteContext } from '../domain/state-store.ts';
import { createAclRuleReader, createAclRuleWriter } from './acl-rule-repository.ts';
import { createApiKeyReader, createApiKeyWriter } from './api-key-repository.ts';
import { createAuditReader } from './audit-repository.ts';
import { exportRows } from './bulk-export.ts';
import { importRows } from './bulk-import.ts';
import { ChangeRecorder } from './change-recorder.ts';
import { createCredentialReader, createCredentialWriter } from './credential-repository.ts';
import { createGroupReader, createGroupWriter } from './group-repository.ts';
import { IdempotencyRepository } from './idempotency-repository.ts';
import { listManagedUsers } from './managed-user-repository.ts';
import { createUserReader, createUserWriter } from './user-repository.ts';
import { createWholeUserReader, createWholeUserWriter } from './whole-user-repository.ts';
import type { PostgresWriteUnit } from './postgres-write-unit.ts';

export interface StateStoreDeps {
  readonly database: Database;
  readonly pepper: Pepper;
  /** Something was committed: whoever publishes should look. */
  readonly onCommitted: () => void;
}

export interface PostgresStateStore extends StateStore {
  write<Result>(context: WriteContext, work: (unit: PostgresWriteUnit) => Promise<Result>): Promise<Result>;
}

export function createPostgresStateStore({ database, pepper, onCommitted }: StateStoreDeps): PostgresStateStore {
  const macKey = pepper.keyFor('api-key');
  const idempotency = new IdempotencyRepository(pepper);

  const writeUnit = (session: Session, context: WriteContext): PostgresWriteUnit => {
    const recorder = new ChangeRecorder(session, context);
    return {
      users: createUserWriter(session, recorder),
      wholeUsers: createWholeUserWriter(session, recorder),
      managedUsers: { list: (filter, page) => listManagedUsers(session, filter, page) },
      groups: createGroupWriter(session, recorder),
      credentials: createCredentialWriter(session, recorder),
      aclRules: createAclRuleWriter(session, recorder),
      apiKeys: createApiKeyWriter(session, recorder, macKey),
      audit: createAuditReader(session),
      completeIdempotency: (claim, answer) => idempotency.complete(session, claim, answer),
    };
  };

  return {
    read: (work) => database.read((session) => work(readUnit(session))),
    async write(context, work) {
      try {
        return await database.write((session) => work(writeUnit(session, context)));
      } finally {
        // Also when the commit is unknown: it may have happened.
        onCommitted();
      }
    },
    async claimIdempotency(request) {
      try {
        return await database.write((session) => idempotency.claim(session, request));
      } catch (error) {
        // Nothing was done yet under this claim: a claim that was stored after all runs out.
        if (error instanceof CommitUnknownError) throw new DatabaseUnavailableError('Hung', { cause: error });
        throw error;
      }
    },
    async releaseIdempotency(claim) {
      try {
        await database.write((session) => idempotency.release(session, claim));
      } catch {
        // It runs out by itself.
      }
    },
    async *importRows(context, rows, options) {
      try {
        yield* importRows(database, context, rows, options);
      } finally {
        onCommitted();
      }
    },
    exportRows: () => exportRows(database),
  };
}

function readUnit(session: Session): ReadUnit {
  return {
    users: createUserReader(session),
    wholeUsers: createWholeUserReader(session),
    managedUsers: { list: (filter, page) => listManagedUsers(session, filter, page) },
    groups: createGroupReader(session),
    credentials: createCredentialReader(session),
    aclRules: createAclRuleReader(session),
    apiKeys: createApiKeyReader(session),
    audit: createAuditReader(session),
  };
}
