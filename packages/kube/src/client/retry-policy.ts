/** Which failures are worth asking again for, and when. Pure. */

export interface Attempt {
  /** null: the connection broke before there was an answer. */
  readonly status: number | null;
  /** null: the server did not say. */
  readonly retryAfterMs: number | null;
  /** Asking twice changes nothing. */
  readonly isRead: boolean;
  /** Repetitions so far. */
  readonly repeated: number;
  /** Until the call's deadline. */
  readonly remainingMs: number;
}

const maxRepetitions = 10;
/** A connection that the server closed as idle in the very moment we used it; what is really down stays so. */
const maxReconnections = 2;
const baseMs = 500;
const reconnectMs = 50;
const maxDelayMs = 30_000;

/**
 * How long to wait, or null: the failure stands. 429 has not been executed, whatever the verb; another 5xx is repeated
 * only if the server says when (503 "storage is (re)initializing" does). What cannot be done in time is not waited for.
 */
export function retryDelayMs(attempt: Attempt, random: number): number | null {
  // Never before the server asked for, and not all callers at the same moment.
  const delayMs = Math.max(attempt.retryAfterMs ?? 0, ownDelayMs(attempt)) * (1 + random / 4);
  return isRepeatable(attempt) && delayMs < attempt.remainingMs ? delayMs : null;
}

function isRepeatable({ status, retryAfterMs, isRead, repeated }: Attempt): boolean {
  if (status === null) return isRead && repeated < maxReconnections;
  return repeated < maxRepetitions && (status === 429 || (status >= 500 && retryAfterMs !== null));
}

function ownDelayMs({ status, retryAfterMs, repeated }: Attempt): number {
  if (status === null) return reconnectMs * 2 ** repeated;
  return retryAfterMs === null ? Math.min(maxDelayMs, baseMs * 2 ** repeated) : 0;
}
