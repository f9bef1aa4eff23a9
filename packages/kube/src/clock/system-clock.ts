/** The machine's clock. `performance.now` is CLOCK_MONOTONIC: it runs on while the process is stopped, and never jumps. */
import type { Clock } from '../port/clock.ts';

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after: (delayMs, call) => {
    const timer = setTimeout(call, delayMs);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};
