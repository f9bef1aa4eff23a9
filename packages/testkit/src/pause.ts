/**
 * Waiting as part of a scenario (a client that says nothing for 50 ms). Never a way to wait for a result: that is `eventually`.
 */
import { setTimeout as delay } from 'node:timers/promises';

/** Resolves after `ms` milliseconds. */
export async function pause(ms: number): Promise<void> {
  await delay(ms);
}
