/**
 * A POST that a client may repeat with the same Idempotency-Key: the change and the answer to it are one transaction, and a
 * repetition gets that answer, byte for byte, for a day.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CommitUnknownError } from '../database/database-error.ts';
import type { IdempotencyClaim, StoredAnswer } from '../domain/idempotency.ts';
import type { StateStore, WriteContext, WriteUnit } from '../domain/state-store.ts';
import { inFlightProblem } from './problem-answer.ts';
import { ProblemError } from './problem-error.ts';
import { invalidFields } from './request-validator.ts';
import { callerOf, writeContextOf } from './caller.ts';

export interface CreationAnswer {
  readonly status: 200 | 201;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** The work may run more than once before it is committed. */
export type CreationWork = (unit: WriteUnit) => Promise<CreationAnswer>;

const keyPattern = /^[\x21-\x7e]{1,255}$/;

/** Does the work once for each Idempotency-Key and sends the answer. */
export async function sendCreation(
  store: StateStore,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  work: CreationWork,
): Promise<FastifyReply> {
  const key = request.headers['idempotency-key'];
  const context = writeContextOf(request);
  if (key === undefined) return send(reply, stored(await store.write(context, work)));
  const outcome = await store.claimIdempotency({
    client: callerOf(request).client,
    key: readKey(key),
    content: [request.method, '\0', request.url, '\0', request.bodyBytes ?? ''],
  });
  switch (outcome.kind) {
    case 'InFlight':
      throw inFlightProblem(
        'The first request with this Idempotency-Key is still being worked on; repeat it for its answer',
      );
    case 'Mismatch':
      throw new ProblemError('idempotency-mismatch', {
        detail: 'The Idempotency-Key came with another path or body before; use a new key for a new request',
      });
    case 'Answered':
      return send(reply.header('idempotency-replayed', 'true'), outcome.answer);
    case 'Claimed':
      return send(reply, await answerOnce(store, { context, claim: outcome.claim }, work));
  }
}

async function answerOnce(
  store: StateStore,
  { context, claim }: { readonly context: WriteContext; readonly claim: IdempotencyClaim },
  work: CreationWork,
): Promise<StoredAnswer> {
  try {
    return await store.write(context, async (unit) => {
      const answer = stored(await work(unit));
      await unit.completeIdempotency(claim, answer);
      return answer;
    });
  } catch (error) {
    // It may be committed: the claim must outlive this answer, so that a repetition finds out instead of doing it again.
    if (!(error instanceof CommitUnknownError)) await store.releaseIdempotency(claim);
    throw error;
  }
}

function readKey(key: string | string[]): string {
  if (typeof key === 'string' && keyPattern.test(key)) return key;
  const detail = 'is not 1 to 255 visible ASCII characters';
  throw invalidFields([{ in: 'header', pointer: '/idempotency-key', detail, remedy: 'send e.g. a random UUID' }]);
}

function stored({ status, headers, body }: CreationAnswer): StoredAnswer {
  return { status, headers, body: JSON.stringify(body) };
}

function send(reply: FastifyReply, { status, headers, body }: StoredAnswer): FastifyReply {
  return reply.code(status).headers(headers).type('application/json; charset=utf-8').send(body);
}
