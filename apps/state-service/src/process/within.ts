/** Waiting with an end. */
import { setTimeout as delay } from 'node:timers/promises';

/** Whether `done` was settled within `timeoutMs`; what it rejects with is thrown. */
export async function within(timeoutMs: number, done: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController();
  try {
    return await Promise.race([done.then(() => true), delay(timeoutMs, false, { signal: timer.signal })]);
  } finally {
    timer.abort();
    done.catch(() => {}); // settled too late: nobody is interested any more
  }
}
