/** What the proxy calls, and is told. */
import type { ConfigRange, ResourceKind } from '@sluice/contract/config-key.ts';
import type { ConfigBus } from '../port/config-bus.ts';
import type { ResourceSpec } from '../publisher/truth.ts';

export interface ConfigChange {
  readonly key: string;
  readonly kind: ResourceKind;
  readonly name: string;
  readonly generation: number;
  /** null: deleted. Not validated beyond being a JSON object. */
  readonly spec: ResourceSpec | null;
}

/** One revision of a range, to be put in force as one swap. */
export interface ApplyRequest {
  readonly range: ConfigRange;
  readonly source: 'Disk' | 'Live';
  /** The changes are all there is: what they do not name goes. */
  readonly isWhole: boolean;
  readonly epoch: number;
  readonly revision: number;
  readonly digest: string;
  readonly changeCount: number;
  /** Read once; each change is parsed as it is asked for, so that a million of them are never there at once. */
  readonly changes: Iterable<ConfigChange>;
}

/** Everything not named was accepted. A rejected resource keeps its last good version. */
export interface ApplyResult {
  readonly rejected: readonly { readonly key: string; readonly reason: string }[];
}

export interface ReplicaConfig {
  /** Who acknowledges: 1 to 128 letters, digits, - and _. */
  readonly proxy: string;
  /** Of this run of the process. */
  readonly instance: string;
  readonly ranges: readonly ConfigRange[];
  /** The key that acknowledgements are signed with; absent: they are not. */
  readonly ackKey?: Uint8Array;
  /** Where the last good tables are; absent: nothing is kept. */
  readonly stateDirectory?: string;
}

export interface ReplicaDeps {
  readonly bus: ConfigBus;
  /** One at a time for each range. A rejection (of the promise) leaves what was in force and is tried again with everything. */
  readonly apply: (request: ApplyRequest) => Promise<ApplyResult>;
  /** Milliseconds since 1970 that never go back. */
  readonly nowMs: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onEvent: (event: ReplicaEvent) => void;
}

/** For logs. Nothing secret is in it. */
export type ReplicaEvent =
  | {
      readonly kind: 'Applied';
      readonly range: ConfigRange;
      readonly source: 'Disk' | 'Live';
      readonly epoch: number;
      readonly revision: number;
      readonly changeCount: number;
      readonly rejectedCount: number;
    }
  | { readonly kind: 'Rejected'; readonly range: ConfigRange; readonly key: string; readonly reason: string }
  /** What is in force stays; a watch that was lost is gone on with, or a snapshot is taken. */
  | { readonly kind: 'Doubted'; readonly range: ConfigRange; readonly reason: string }
  /** A last good table was not taken: torn, of another version. */
  | { readonly kind: 'TableRefused'; readonly range: ConfigRange; readonly reason: string }
  /** A last good table could not be written; it is tried again. */
  | { readonly kind: 'TableNotSaved'; readonly range: ConfigRange; readonly reason: string }
  | { readonly kind: 'ApplyFailed'; readonly range: ConfigRange; readonly reason: string };

export interface ReplicaRangeStatus {
  readonly range: ConfigRange;
  readonly source: 'None' | 'Disk' | 'Live';
  readonly isConnected: boolean;
  /** A confirming head came, and none of what followed was doubted. */
  readonly isCurrent: boolean;
  readonly epoch: number;
  readonly revision: number;
  readonly digest: string;
  /** Live resources, rejected ones included. */
  readonly count: number;
  /** When a head last confirmed what is in force; 0: never. */
  readonly confirmedAtMs: number;
  readonly rejectedCount: number;
  readonly rejected: readonly { readonly key: string; readonly generation: number; readonly reason: string }[];
  readonly doubt: string | null;
  readonly counters: Readonly<Record<string, number>>;
}

export interface Replica {
  /** Resolves when the last good tables have been applied, or there are none. */
  readonly restored: Promise<void>;
  status(): readonly ReplicaRangeStatus[];
  /** Offers every resource again, with a snapshot: call it when what they clash with has changed. */
  recheck(range: ConfigRange): void;
  close(): Promise<void>;
}
