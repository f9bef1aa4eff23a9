/**
 * One of several replicas leads, by a Lease. A Lease is no fence: two may believe to lead for a moment. So who leads asks
 * `isHeld()` right before each write outside, and what is written carries a number that grows with each change of leader.
 */

export interface Leadership {
  /** `leaseTransitions` of the Lease: grows with every change of holder. */
  readonly transitions: number;
  /** False as soon as the time is over in which the Lease was surely ours, also when the process slept through it. */
  isHeld(): boolean;
  /** Aborted when the leadership ends. */
  readonly signal: AbortSignal;
}

export type LeadershipEnd = 'RenewFailed' | 'TakenOver' | 'ClockPassed' | 'Released';

export interface LeadershipEvents {
  readonly onGained: (leadership: Leadership) => void;
  readonly onLost: (end: LeadershipEnd) => void;
  /** Whoever leads now, ourselves included. */
  readonly onHolder?: (identity: string) => void;
  /** An attempt failed; the elector goes on. */
  readonly onError?: (error: unknown) => void;
}

export interface LeaderElector {
  readonly isLeader: boolean;
  /** Last seen in the Lease; empty: nobody, or not seen yet. */
  readonly holder: string;
  start(): void;
  /** Gives up for this round, and stands again: the range was taken over by another. */
  stepDown(): void;
  /** Gives the Lease back if it is ours. */
  stop(): Promise<void>;
}
