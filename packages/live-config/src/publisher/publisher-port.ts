/** What the owner of a range calls, and is told. */
import type { ConfigRange } from '@sluice/contract/config-key.ts';
import type { ConfigBus } from '../port/config-bus.ts';
import type { Epochs, Truth, TruthRecord } from './truth.ts';

export interface PublisherConfig {
  readonly range: ConfigRange;
  /** Who publishes: unique for each run of a process, as heads name it. */
  readonly publisher: string;
  /** The key that acknowledgements are signed with; absent: they are not. */
  readonly ackKey?: Uint8Array;
  /** What to do when another publisher has taken the range over; Stop unless given. */
  readonly whenDeposed?: 'Stop' | 'ClaimAgain';
  /** Live entries above which a snapshot is kept in the object store; 100 000 unless given. */
  readonly snapshotAbove?: number;
}

export interface PublisherDeps {
  readonly bus: ConfigBus;
  readonly truth: Truth;
  readonly epochs: Epochs;
  /** Milliseconds since 1970 that never go back. */
  readonly nowMs: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onEvent: (event: PublisherEvent) => void;
}

/** For logs. Nothing secret is in it. */
export type PublisherEvent =
  | { readonly kind: 'TookOver'; readonly epoch: number; readonly revision: number; readonly count: number }
  | { readonly kind: 'Deposed'; readonly epoch: number }
  | { readonly kind: 'WatchLost'; readonly reason: string }
  | { readonly kind: 'Denied'; readonly key: string; readonly reason: string }
  | { readonly kind: 'AckRefused'; readonly reason: string }
  | { readonly kind: 'SnapshotStored'; readonly object: string; readonly bytes: number }
  | { readonly kind: 'Failed'; readonly what: string; readonly reason: string };

/** The head that counts a change in. */
export interface Published {
  readonly epoch: number;
  readonly revision: number;
}

/** How many of the live proxies have a generation of a resource in force, and which have rejected it. */
export interface Rollout {
  readonly proxies: number;
  readonly acknowledged: number;
  readonly rejections: readonly { readonly proxy: string; readonly reason: string }[];
}

export interface RolloutOf extends Published {
  readonly key: string;
  readonly generation: number;
}

export interface PublisherStatus {
  readonly phase: 'Disconnected' | 'Reading' | 'Claiming' | 'TakingOver' | 'Publishing' | 'Deposed';
  readonly epoch: number;
  readonly revision: number;
  readonly digest: string;
  readonly count: number;
  /** Changes that no head counts in yet. */
  readonly waiting: number;
  /** That acknowledged something in the last thirty seconds. */
  readonly liveProxies: number;
  readonly counters: Readonly<Record<string, number>>;
}

export interface Publisher {
  /**
   * Changes of the truth, the newest of a key last or first: the higher generation wins. Resolves when a stored head counts them in; waits
   * through outages; rejects with DeposedError or ClosedError.
   */
  publish(records: readonly TruthRecord[]): Promise<Published>;
  /** Compares the whole range with the truth again. */
  rebuild(): void;
  status(): PublisherStatus;
  /** Of a resource's generation, from the head on that counted it in. */
  rollout(of: RolloutOf): Rollout;
  close(): Promise<void>;
}
