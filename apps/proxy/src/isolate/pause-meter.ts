/**
 * The longest time the decision isolate did one thing: a batch of decisions, the application of a configuration, a
 * garbage collection. Kept in shared memory, so that it can be read while the isolate is stopped. No timer: an idle
 * isolate stays asleep.
 */
import { PerformanceObserver } from 'node:perf_hooks';

export interface PauseMeter {
  readonly shared: SharedArrayBuffer;
  /** Runs and times a piece of work. */
  timed<Result>(work: () => Result): Result;
  note(durationMs: number): void;
  close(): void;
}

export function createPauseMeter(nowMs: () => number): PauseMeter {
  const shared = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT);
  const longest = new Float64Array(shared);
  const note = (durationMs: number): void => {
    if (durationMs > (longest[0] ?? 0)) longest[0] = durationMs;
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
