/** Time, timers and chance, as arguments: with a virtual one, hours of backoff take no time in a test. */

export interface Clock {
  /** Milliseconds that only grow, also while the process is stopped; only differences mean something. */
  nowMs(): number;
  /** Milliseconds since 1970, for what others read; it may jump. */
  wallMs(): number;
  /** Calls once, later. The result takes it back. */
  after(delayMs: number, call: () => void): () => void;
  /** In [0, 1). */
  random(): number;
}
