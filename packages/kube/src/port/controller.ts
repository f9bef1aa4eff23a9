/** One reconcile loop: keys in, results out. */

export type ReconcileResult =
  | { readonly kind: 'Done' }
  /** Not finished: again with the key's growing delay. */
  | { readonly kind: 'Requeue' }
  | { readonly kind: 'RequeueAfter'; readonly delayMs: number };

/**
 * Brings what is outside in line with what is wanted for this key, whatever has happened before. A throw is repeated with a
 * growing delay, TerminalError excepted. The signal ends with the deadline of one reconcile, and when the controller stops
 * for good.
 */
export type Reconcile = (key: string, signal: AbortSignal) => Promise<ReconcileResult>;

/** Trying again changes nothing until somebody changes the object. */
export class TerminalError extends Error {
  readonly code = 'KUBE_TERMINAL';
  override readonly name = 'TerminalError';
}

export interface Controller {
  /** Look at this key (soon). */
  enqueue(key: string): void;
  enqueueAfter(key: string, delayMs: number): void;
  start(): void;
  /** Takes nothing new, finishes what is queued until the signal ends, then aborts what runs; resolves when all is still. */
  stop(signal: AbortSignal): Promise<void>;
}
