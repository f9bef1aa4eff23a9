/**
 * Turns whatever was thrown while a request was worked on into the problem that the client reads. Pure. Invariant: what is
 * not known here becomes `internal`, without a word of its message.
 */
import { type Problem, problemKinds, problemType } from '@sluice/contract/state-api/problem.ts';
import { PasswordHashingBusyError } from '../credentials/password-hasher.ts';
import { CommitUnknownError, DatabaseUnavailableError } from '../database/database-error.ts';
import {
  AlreadyExistsError,
  IdempotencyLostError,
  InvalidValueError,
  LimitExceededError,
  NotFoundError,
  UnknownReferenceError,
  VersionMismatchError,
} from '../domain/state-error.ts';
import { entityTag } from './entity-tag.ts';
import { ProblemError } from './problem-error.ts';

/** The problem that stands for an error. */
export function problemOf(error: unknown): ProblemError {
  return error instanceof ProblemError
    ? error
    : (refusalOf(error) ?? unavailabilityOf(error) ?? frameworkProblemOf(error));
}

/** The body of the answer. */
export function problemBody(problem: ProblemError, requestId: string): Problem {
  const { status, title } = problemKinds[problem.kind];
  return {
    type: problemType(problem.kind),
    title,
    status,
    detail: problem.message.slice(0, 4096),
    requestId,
    ...(problem.fieldErrors.length === 0 ? {} : { errors: [...problem.fieldErrors] }),
  };
}

function refusalOf(error: unknown): ProblemError | null {
  const options = (detail: string): { readonly detail: string; readonly cause: unknown } => ({ detail, cause: error });
  if (error instanceof NotFoundError) return new ProblemError('not-found', options(error.message));
  if (error instanceof VersionMismatchError) {
    const headers = { etag: entityTag(error.currentVersion) };
    return new ProblemError('precondition-failed', { ...options(error.message), headers });
  }
  if (error instanceof AlreadyExistsError) return new ProblemError('conflict', options(error.message));
  if (error instanceof UnknownReferenceError) return new ProblemError('conflict', options(error.message));
  if (error instanceof LimitExceededError) return new ProblemError('conflict', options(error.message));
  if (error instanceof InvalidValueError) return new ProblemError('invalid-fields', options(error.message));
  if (error instanceof IdempotencyLostError) return inFlightProblem(error.message);
  return null;
}

/** Another request with the same key is not done: come back for its answer. */
export function inFlightProblem(detail: string): ProblemError {
  return new ProblemError('idempotency-in-flight', { detail, headers: { 'retry-after': '1' } });
}

function unavailabilityOf(error: unknown): ProblemError | null {
  const options = (seconds: number, detail: string) => ({
    detail,
    headers: { 'retry-after': String(seconds) },
    cause: error,
  });
  if (error instanceof DatabaseUnavailableError) {
    return new ProblemError('database-unavailable', options(error.retryAfterSeconds, error.message));
  }
  if (error instanceof CommitUnknownError) {
    return new ProblemError('outcome-unknown', options(error.retryAfterSeconds, error.message));
  }
  if (error instanceof PasswordHashingBusyError) {
    return new ProblemError('overloaded', options(error.retryAfterSeconds, error.message));
  }
  return null;
}

/** Fastify's own errors, by their code. */
function frameworkProblemOf(error: unknown): ProblemError {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  switch (code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new ProblemError('unsupported-media-type', {
        detail: 'The Content-Type of the body is not one this address takes; see its entry in /openapi.json',
      });
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_ASYNC_CONSTRAINT':
      return new ProblemError('malformed-request', { detail: 'The path or the length of the body is malformed' });
    default:
      return new ProblemError('internal', {
        detail: 'The service failed; the log has more under this requestId',
        cause: error,
      });
  }
}
