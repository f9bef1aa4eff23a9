/**
 * Polling for a condition that another process brings about. The attempt is an assertion (or anything that throws):
 * its last error is what a failed test shows.
 */
import { setTimeout as delay } from 'node:timers/promises';

export interface EventuallyOptions {
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
}

/** Long, because only a test that fails waits for it, and the machine may be busy. */
const defaultTimeoutMs = 20_000;

/** Returns the first result of `attempt` that does not throw; rejects with its last error after `timeoutMs`. */
export async function eventually<T>(attempt: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<T> {
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() >= deadline) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`still failing after ${timeoutMs} ms: ${reason}`, { cause: error });
      }
    }
    await delay(options.intervalMs ?? 20);
  }
}
