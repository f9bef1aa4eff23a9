/**
 * Says whose key a text is, by Postgres. A lookup for every request: a revoked key is refused by the next request everywhere.
 * Invariant: the comparison takes the same time for an unknown id as for a wrong secret.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Database } from '../database/database.ts';
import { type ApiKeyRow, apiKeyColumns, apiKeyOf } from '../repositories/api-key-row.ts';
import type { ApiKeyAuthenticator, AuthenticationResult, RefusalReason } from './api-key-authenticator.ts';
import { parseKey } from '@sluice/runtime/api-key-text.ts';
import type { LastUseRecorder } from './last-use-recorder.ts';
import { macOf, type Pepper } from './pepper.ts';

export interface AuthenticatorDeps {
  readonly database: Database;
  readonly pepper: Pepper;
  readonly lastUse: LastUseRecorder;
  /** Since 1970. */
  readonly nowMs: () => number;
}

interface KeyRow extends ApiKeyRow {
  readonly mac: Buffer;
}

export function createPostgresAuthenticator({
  database,
  pepper,
  lastUse,
  nowMs,
}: AuthenticatorDeps): ApiKeyAuthenticator {
  const macKey = pepper.keyFor('api-key');
  const nobody = Buffer.alloc(32);
  return {
    async authenticate(text): Promise<AuthenticationResult> {
      const parsed = parseKey(text);
      if (parsed.kind === 'Malformed') return { kind: 'Refused', reason: 'Malformed', id: null };
      if (parsed.kind === 'WrongChecksum') return { kind: 'Refused', reason: 'WrongChecksum', id: parsed.id };
      const { id, secret } = parsed.parts;
      const [row] = await database.read((session) =>
        session.query<KeyRow>(`SELECT ${apiKeyColumns}, mac FROM api_keys WHERE id = $1`, [id]),
      );
      const isSame = timingSafeEqual(macOf(macKey, [id, secret]), row?.mac ?? nobody);
      const refused = (reason: RefusalReason): AuthenticationResult => ({ kind: 'Refused', reason, id });
      if (row === undefined) return refused('UnknownKey');
      if (!isSame) return refused('WrongSecret');
      const apiKey = apiKeyOf(row);
      if (apiKey.revokedAt !== null) return refused('Revoked');
      const now = nowMs();
      if (apiKey.expiresAt !== null && Date.parse(apiKey.expiresAt) <= now) return refused('Expired');
      lastUse.record(id, now);
      return { kind: 'Accepted', apiKey };
    },
  };
}
