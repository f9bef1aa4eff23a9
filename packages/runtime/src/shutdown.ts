/**
 * What the signals to a process mean: the first asks it to end, the second to end at once. Responsible for that count
 * alone; installing handlers on `process` and what ending means is main.ts's matter.
 */
export type StopSignal = 'SIGTERM' | 'SIGINT';

export interface ShutdownOptions {
  readonly onFirst: (signal: StopSignal) => void;
  readonly onSecond: (signal: StopSignal) => void;
}

export interface Shutdown {
  /** Call for each signal that arrives, with the time of a monotonic clock. */
  signal(signal: StopSignal, nowMs: number): void;
}

/**
 * One Ctrl-C under npx reaches the program twice, from the terminal's process group and forwarded by npm, a few
 * milliseconds apart. Nobody presses it twice that fast.
 */
const sameKeypressMs = 20;

/** Counts signals; anything after the second is ignored. */
export function createShutdown(options: ShutdownOptions): Shutdown {
  let first: { readonly signal: StopSignal; readonly atMs: number } | null = null;
  let isSecondSeen = false;
  return {
    signal(signal, nowMs) {
      if (first === null) {
        first = { signal, atMs: nowMs };
        options.onFirst(signal);
        return;
      }
      const isEcho = signal === 'SIGINT' && first.signal === 'SIGINT' && nowMs - first.atMs < sameKeypressMs;
      if (isEcho || isSecondSeen) return;
      isSecondSeen = true;
      options.onSecond(signal);
    },
  };
}
