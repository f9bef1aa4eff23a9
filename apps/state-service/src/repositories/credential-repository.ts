/** Credentials in Postgres. Verifiers are written here and read by the publisher alone: no statement here selects them. */
import type { Credential, CredentialInput, CredentialKind } from '../domain/credential.ts';
import { maxCredentialsPerUser } from '../domain/credential.ts';
import { LimitExceededError, NotFoundError } from '../domain/state-error.ts';
import type { CredentialReader, CredentialWriter } from '../domain/state-store.ts';
import type { Session } from '../database/session.ts';
import type { ChangeRecorder } from './change-recorder.ts';
import { lockUser, requireVersion } from './locked-subject.ts';
import { createRandomId } from './random-id.ts';

interface CredentialRow {
  readonly id: string;
  readonly kind: CredentialKind;
  readonly not_after: string | null;
  readonly version: number;
  readonly created_at: string;
}

const columns = 'id, kind, not_after, version, created_at';

function credentialOf(row: CredentialRow): Credential {
  return {
    id: row.id,
    kind: row.kind,
    notAfter: row.not_after,
    version: row.version,
    createdAt: row.created_at,
  };
}

export function createCredentialReader(session: Session): CredentialReader {
  return {
    async find(user, id) {
      const [row] = await session.query<CredentialRow>(
        `SELECT ${columns} FROM credentials WHERE user_name = $1 AND id = $2`,
        [user, id],
      );
      return row === undefined ? null : credentialOf(row);
    },
    async list(user) {
      const found = await session.query('SELECT 1 FROM users WHERE name = $1', [user]);
      return found.length === 0 ? null : await listOf(session, user);
    },
  };
}

async function listOf(session: Session, user: string): Promise<readonly Credential[]> {
  const rows = await session.query<CredentialRow>(
    `SELECT ${columns} FROM credentials WHERE user_name = $1 ORDER BY position`,
    [user],
  );
  return rows.map(credentialOf);
}

/** The user's row is locked. */
export async function insertCredentials(
  session: Session,
  user: string,
  inputs: readonly CredentialInput[],
): Promise<readonly Credential[]> {
  if (inputs.length === 0) return [];
  const [count] = await session.query<{ count: number }>(
    'SELECT count(*) AS count FROM credentials WHERE user_name = $1',
    [user],
  );
  if ((count?.count ?? 0) + inputs.length > maxCredentialsPerUser) {
    throw new LimitExceededError('CredentialsPerUser', maxCredentialsPerUser, user);
  }
  const rows = await session.query<CredentialRow>(
    `INSERT INTO credentials (id, user_name, kind, verifier, not_after)
     SELECT id, $1, kind, verifier, not_after
     FROM unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[]) WITH ORDINALITY
       AS credential (id, kind, verifier, not_after, place)
     ORDER BY place RETURNING ${columns}`,
    [
      user,
      inputs.map(() => createRandomId()),
      inputs.map(({ verifier }) => verifier.kind),
      inputs.map(({ verifier }) => verifier.text),
      inputs.map(({ notAfter }) => notAfter),
    ],
  );
  return rows.map(credentialOf);
}

export function createCredentialWriter(session: Session, recorder: ChangeRecorder): CredentialWriter {
  const reader = createCredentialReader(session);
  return {
    ...reader,
    async create(user, input) {
      await lockUser(session, user);
      const [after] = await insertCredentials(session, user, [input]);
      if (after === undefined) throw new NotFoundError('User', user);
      await recorder.touchUsers([user]);
      await recorder.audit([{ action: 'Created', kind: 'Credential', name: user, before: null, after }]);
      return after;
    },
    async delete(user, id, expectedVersion) {
      await lockUser(session, user);
      const before = await reader.find(user, id);
      if (before === null) throw new NotFoundError('Credential', id);
      requireVersion({ kind: 'Credential', resource: id, version: before.version }, expectedVersion);
      await session.query('DELETE FROM credentials WHERE id = $1', [id]);
      await recorder.touchUsers([user]);
      await recorder.audit([{ action: 'Deleted', kind: 'Credential', name: user, before, after: null }]);
    },
    async replaceAll(user, inputs) {
      await lockUser(session, user);
      const before = await listOf(session, user);
      await session.query('DELETE FROM credentials WHERE user_name = $1', [user]);
      const after = await insertCredentials(session, user, inputs);
      await recorder.touchUsers([user]);
      await recorder.audit([
        {
          action: 'Updated',
          kind: 'Credential',
          name: user,
          before: { credentials: before },
          after: { credentials: after },
        },
      ]);
      return after;
    },
  };
}
