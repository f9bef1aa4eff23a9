/**
 * Patience with an API server that is not there yet, or that does not know of the leave it was given yet: the same work again, with growing
 * pauses, until it is done or time is over.
 */
import { setTimeout as delay } from 'node:timers/promises';

export interface Patience {
  readonly timeoutMs: number;
  /** From 0 to 1, for the jitter of the pauses. */
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Trying again is of no use. */
  readonly isFinal: (error: unknown) => boolean;
  readonly onRetry: (error: unknown, retryMs: number) => void;
}

const firstRetryMs = 250;
const lastRetryMs = 10_000;

/** Rejects with what is final, with the last failure when time is over, or with the signal's reason. */
export async function keepTrying<T>(work: (signal: AbortSignal) => Promise<T>, patience: Patience): Promise<T> {
  const { timeoutMs, random, isFinal, onRetry } = patience;
  const signal = AbortSignal.any([patience.signal, AbortSignal.timeout(timeoutMs)]);
  for (let retryMs = firstRetryMs; ; retryMs = Math.min(retryMs * 2, lastRetryMs)) {
    try {
      return await work(signal);
    } catch (error) {
      if (isFinal(error)) throw error;
      if (signal.aborted) throw patience.signal.aborted ? patience.signal.reason : error;
      onRetry(error, retryMs);
      await waitOrThrow((retryMs * (1 + random())) / 2, { signal, last: error });
    }
  }
}

/** Time is over: what went wrong last says more than that. */
async function waitOrThrow(ms: number, until: { readonly signal: AbortSignal; readonly last: unknown }): Promise<void> {
  try {
    await delay(ms, undefined, { signal: until.signal });
  } catch {
    throw until.last;
  }
}
