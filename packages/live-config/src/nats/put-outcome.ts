/**
 * What an answer, or the lack of one, says about a put. Pure. In doubt it is Unknown: whoever is told so reads the key back,
 * and compare-and-set keeps a late write from landing on something newer.
 */
import { JetStreamApiError } from '@nats-io/jetstream';
import { InvalidArgumentError, PermissionViolationError } from '@nats-io/nats-core';
import type { PutOutcome } from '../port/config-bus.ts';
import { errorReason } from './error-reason.ts';

const conflictCodes: readonly number[] = [
  10_071, // wrong last sequence: N
  10_164, // wrong last sequence (another write of the key is on its way through the cluster)
];
const deniedCodes: readonly number[] = [
  10_054, // message size exceeds maximum allowed
];

/** `answer` is the parsed reply of JetStream to a publish. */
export function readPutAnswer(answer: unknown): PutOutcome {
  const { seq, error } = (typeof answer === 'object' ? (answer ?? {}) : {}) as {
    readonly seq?: unknown;
    readonly error?: { readonly err_code?: unknown; readonly description?: unknown } | null;
  };
  if (typeof error === 'object' && error !== null) return readApiError(error.err_code, String(error.description));
  if (typeof seq === 'number' && Number.isSafeInteger(seq) && seq > 0) return { kind: 'Stored', sequence: seq };
  return { kind: 'Unknown', reason: 'the server answered something else than an acknowledgement' };
}

/** What a put that failed without an answer of JetStream comes to. */
export function readPutFailure(error: unknown): PutOutcome {
  const reason = errorReason(error);
  if (error instanceof JetStreamApiError) return readApiError(error.code, reason);
  const isRefused = isOrIsCausedBy(error, PermissionViolationError) || isOrIsCausedBy(error, InvalidArgumentError);
  return isRefused ? { kind: 'Denied', reason } : { kind: 'Unknown', reason };
}

function readApiError(code: unknown, reason: string): PutOutcome {
  if (conflictCodes.includes(Number(code))) return { kind: 'Conflict' };
  return { kind: deniedCodes.includes(Number(code)) ? 'Denied' : 'Unknown', reason };
}

function isOrIsCausedBy(error: unknown, type: new (...args: never[]) => Error): boolean {
  return error instanceof type || (error instanceof Error && error.cause instanceof type);
}
