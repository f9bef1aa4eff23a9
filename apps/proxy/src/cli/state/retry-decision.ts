/** Whether a request that failed is made again, and when. Pure. Invariant: what may have been done is done again only where that is harmless. */

export type RequestFailure =
  | { readonly kind: 'Problem'; readonly type: string; readonly retryAfterSeconds: number | null }
  /** No whole answer. `wasSent`: the service may have seen the request. */
  | { readonly kind: 'Network'; readonly wasSent: boolean };

export interface Attempt {
  /** From 1. */
  readonly number: number;
  /** It reads, or carries an Idempotency-Key. */
  readonly isRepeatable: boolean;
}

const maxAttempts = 4;
const maxWaitMs = 5000;
/** Problems of which nothing has happened. */
const refused = new Set(['rate-limited', 'overloaded', 'database-unavailable']);
/** Problems of which it may. */
const unknown = new Set(['idempotency-in-flight', 'outcome-unknown']);

/** null: not again. */
export function retryDelayMs(failure: RequestFailure, attempt: Attempt): number | null {
  if (attempt.number >= maxAttempts) return null;
  const pauseMs = 250 * 2 ** (attempt.number - 1);
  // Where nobody listens, nobody will within seconds: say so at once.
  if (failure.kind === 'Network') return failure.wasSent && attempt.isRepeatable ? pauseMs : null;
  const kind = failure.type.slice(failure.type.lastIndexOf(':') + 1);
  if (!refused.has(kind) && !(unknown.has(kind) && attempt.isRepeatable)) return null;
  const waitMs = Math.max(pauseMs, (failure.retryAfterSeconds ?? 0) * 1000);
  return waitMs <= maxWaitMs ? waitMs : null;
}
