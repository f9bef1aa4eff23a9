/**
 * The longest time the decision isolate did one thing (a batch of decisions, the application of a configuration, a garbage
 * collection), and how often it took longer than a decision may wait. Kept in shared memory, so that it can be read while the
 * isolate is stopped. No timer: an idle isolate stays asleep.
 */
import { PerformanceObserver } from 'node:perf_hooks';

export interface PauseMeter {
  readonly shared: SharedArrayBuffer;
  /** Runs and times a piece of work. */
  timed<Result>(work: () => Result): Result;
  note(durationMs: number): void;
  close(): void;
}

/** Pauses of at least so many milliseconds are counted. */
export const countedPausesMs = [5, 10, 20, 50, 100, 200, 500, 1000] as const;

export function createPauseMeter(nowMs: () => number): PauseMeter {
  const shared = new SharedArrayBuffer((1 + countedPausesMs.length) * Float64Array.BYTES_PER_ELEMENT);
  // The longest, then how many reached each of the counted lengths.
  const kept = new Float64Array(shared);
  const note = (durationMs: number): void => {
    if (durationMs > (kept[0] ?? 0)) kept[0] = durationMs;
    for (let index = 0; durationMs >= (countedPausesMs[index] ?? Number.POSITIVE_INFINITY); index += 1) {
      kept[index + 1] = (kept[index + 1] ?? 0) + 1;
    }
  };
  const collections = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) note(entry.duration);
  });
  collections.observe({ entryTypes: ['gc'] });
  return {
    shared,
    note,
    timed(work) {
      const start = nowMs();
      try {
        return work();
      } finally {
        note(nowMs() - start);
      }
    },
    close: () => collections.disconnect(),
  };
}

/** Reads the meter from any isolate, in milliseconds. */
export function longestPauseMs(shared: SharedArrayBuffer): number {
  return new Float64Array(shared)[0] ?? 0;
}

/** How many pauses took at least as long as each of `countedPausesMs`. */
export function pauseCounts(shared: SharedArrayBuffer): readonly number[] {
  return [...new Float64Array(shared).subarray(1)];
}
