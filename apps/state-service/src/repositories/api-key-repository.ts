/** API keys in Postgres: made with a fresh secret that is answered once, kept as its MAC, revoked but never deleted. */
import { randomBytes } from 'node:crypto';
import { encodeSecret, formatKey, type KeyParts } from '@sluice/runtime/api-key-text.ts';
import { macOf } from '../api-keys/pepper.ts';
import { type ApiKey, type ApiKeyInput, maxLiveKeysPerClient } from '../domain/api-key.ts';
import { AlreadyExistsError, LimitExceededError, NotFoundError } from '../domain/state-error.ts';
import type { ApiKeyReader, ApiKeyWriter } from '../domain/state-store.ts';
import type { Session } from '../database/session.ts';
import { type ApiKeyRow, apiKeyColumns, apiKeyOf } from './api-key-row.ts';
import type { ChangeRecorder } from './change-recorder.ts';
import { keysetQuery, pageOf } from './keyset-query.ts';
import { requireVersion } from './locked-subject.ts';
import { createRandomId } from './random-id.ts';

const selectKey = `SELECT ${apiKeyColumns} FROM api_keys`;
const isLive = 'revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())';
/** First half of the advisory lock of a client; the second is its hash. */
const clientLockSpace = 72_418;

export function createApiKeyReader(session: Session): ApiKeyReader {
  return {
    async find(id) {
      const [row] = await session.query<ApiKeyRow>(`${selectKey} WHERE id = $1`, [id]);
      return row === undefined ? null : apiKeyOf(row);
    },
    async list(filter, page) {
      const query = keysetQuery({
        select: selectKey,
        key: 'id',
        keyType: 'text',
        page,
        conditions: [
          ['client = ?', filter.client],
          [`(${isLive}) = ?`, filter.liveOnly === true ? true : undefined],
        ],
      });
      const rows = await session.query<ApiKeyRow>(query.text, query.values);
      return pageOf(rows.map(apiKeyOf), page.limit, ({ id }) => id);
    },
  };
}

export interface ApiKeyImporter extends ApiKeyWriter {
  /** A key that was made elsewhere. AlreadyExistsError when there is one of its id, whatever its secret. */
  createFrom(parts: KeyParts, input: ApiKeyInput): Promise<ApiKey>;
}

export function createApiKeyWriter(session: Session, recorder: ChangeRecorder, macKey: Uint8Array): ApiKeyImporter {
  const reader = createApiKeyReader(session);

  const createFrom = async ({ id, secret }: KeyParts, input: ApiKeyInput): Promise<ApiKey> => {
    // Two at once would both count one live key.
    await session.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [clientLockSpace, input.client]);
    const live = await session.query(`SELECT 1 FROM api_keys WHERE client = $1 AND ${isLive}`, [input.client]);
    if (live.length >= maxLiveKeysPerClient) {
      throw new LimitExceededError('LiveKeysPerClient', maxLiveKeysPerClient, input.client);
    }
    const [row] = await session.query<ApiKeyRow>(
      `INSERT INTO api_keys (id, client, mac, scopes, comment, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (id) DO NOTHING RETURNING ${apiKeyColumns}`,
      [id, input.client, macOf(macKey, [id, secret]), input.scopes, input.comment, input.expiresAt],
    );
    if (row === undefined) throw new AlreadyExistsError('ApiKey', id);
    const after = apiKeyOf(row);
    await recorder.audit([{ action: 'Created', kind: 'ApiKey', name: id, before: null, after }]);
    return after;
  };

  return {
    ...reader,
    createFrom,
    async create(input) {
      const parts = { id: createRandomId(), secret: encodeSecret(randomBytes(32)) };
      return { apiKey: await createFrom(parts, input), secret: formatKey(parts) };
    },
    async revoke(id, expectedVersion) {
      const [locked] = await session.query<ApiKeyRow>(`${selectKey} WHERE id = $1 FOR UPDATE`, [id]);
      if (locked === undefined) throw new NotFoundError('ApiKey', id);
      const before = apiKeyOf(locked);
      requireVersion({ kind: 'ApiKey', resource: id, version: before.version }, expectedVersion);
      if (before.revokedAt !== null) return before;
      const [row] = await session.query<ApiKeyRow>(
        `UPDATE api_keys SET revoked_at = now(), version = nextval('version_sequence') WHERE id = $1
         RETURNING ${apiKeyColumns}`,
        [id],
      );
      if (row === undefined) throw new NotFoundError('ApiKey', id);
      const after = apiKeyOf(row);
      await recorder.audit([{ action: 'Revoked', kind: 'ApiKey', name: id, before, after }]);
      return after;
    },
  };
}
