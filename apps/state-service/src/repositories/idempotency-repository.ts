/**
 * Idempotency keys in Postgres. Of several requests with one key, one at a time holds the claim; its answer is kept in the
 * transaction of what it did, and only if the claim is still its own. So what is repeated is done once, whatever breaks in between.
 */
import { randomUUID, timingSafeEqual } from 'node:crypto';
import { macOf, type Pepper } from '../api-keys/pepper.ts';
import type { Session } from '../database/session.ts';
import type { IdempotencyClaim, IdempotencyOutcome, IdempotentRequest, StoredAnswer } from '../domain/idempotency.ts';
import { IdempotencyLostError } from '../domain/state-error.ts';
import { AnswerSeal } from './answer-seal.ts';

interface KeyRow {
  readonly fingerprint: Buffer;
  readonly token: string;
  readonly answer: Buffer | null;
}

/** Longer than the longest change takes: who holds a claim for longer has died. */
const claimLasts = `interval '90 seconds'`;
const keyLasts = `interval '24 hours'`;

export class IdempotencyRepository {
  readonly #macKey: Buffer;
  readonly #seal: AnswerSeal;

  constructor(pepper: Pepper) {
    this.#macKey = pepper.keyFor('idempotent-request');
    this.#seal = new AnswerSeal(pepper.keyFor('idempotent-answer'));
  }

  async claim(session: Session, { client, key, content }: IdempotentRequest): Promise<IdempotencyOutcome> {
    const fingerprint = macOf(this.#macKey, [client, key, ...content]);
    const token = randomUUID();
    const taken = await session.query(
      `INSERT INTO idempotency_keys AS k (client, key, fingerprint, token) VALUES ($1, $2, $3, $4)
       ON CONFLICT (client, key) DO UPDATE
         SET fingerprint = excluded.fingerprint, token = excluded.token, answer = NULL, claimed_at = now(),
             created_at = CASE WHEN k.created_at < now() - ${keyLasts} THEN now() ELSE k.created_at END
         WHERE k.created_at < now() - ${keyLasts}
           OR (k.answer IS NULL AND k.claimed_at < now() - ${claimLasts} AND k.fingerprint = excluded.fingerprint)
       RETURNING token`,
      [client, key, fingerprint, token],
    );
    if (taken.length > 0) return { kind: 'Claimed', claim: { client, key, token } };
    const [row] = await session.query<KeyRow>(
      'SELECT fingerprint, token, answer FROM idempotency_keys WHERE client = $1 AND key = $2',
      [client, key],
    );
    // Released between the two statements: the next repetition finds it free.
    if (row === undefined) return { kind: 'InFlight' };
    if (!timingSafeEqual(row.fingerprint, fingerprint)) return { kind: 'Mismatch' };
    if (row.answer === null) return { kind: 'InFlight' };
    const answer = this.#seal.open(row.answer, boundTo({ client, key }));
    // Answered under another pepper: it was done, and what was answered is lost.
    return answer === null ? { kind: 'Mismatch' } : { kind: 'Answered', answer };
  }

  async complete(session: Session, claim: IdempotencyClaim, answer: StoredAnswer): Promise<void> {
    const kept = await session.query(
      `UPDATE idempotency_keys SET answer = $4
       WHERE client = $1 AND key = $2 AND token = $3 AND answer IS NULL RETURNING token`,
      [claim.client, claim.key, claim.token, this.#seal.seal(answer, boundTo(claim))],
    );
    if (kept.length === 0) throw new IdempotencyLostError(claim.key);
  }

  async release(session: Session, { client, key, token }: IdempotencyClaim): Promise<void> {
    await session.query(
      'DELETE FROM idempotency_keys WHERE client = $1 AND key = $2 AND token = $3 AND answer IS NULL',
      [client, key, token],
    );
  }
}

function boundTo({ client, key }: Pick<IdempotencyClaim, 'client' | 'key'>): Buffer {
  return Buffer.from(JSON.stringify([client, key]));
}
