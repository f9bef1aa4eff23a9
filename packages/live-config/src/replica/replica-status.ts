/** What the core of a replica says of itself. */
import type { ApplyQueue, Rejected } from './apply-queue.ts';
import type { ReplicaEffect, ReplicaInput } from './replica-step.ts';

export type ReplicaCounters = ReturnType<typeof newReplicaCounters>;

/** Totals since the start. */
export function newReplicaCounters() {
  return {
    ...{
      snapshots: 0,
      resumed: 0,
      doubts: 0,
      watchesLost: 0,
      blobsLoaded: 0,
      blobsFailed: 0,
      heads: 0,
      staleHeads: 0,
      entries: 0,
    },
    ...{ fencedEntries: 0, olderEntries: 0, invalidMessages: 0, applied: 0, appliesFailed: 0 },
  };
}

export interface ReplicaCoreStatus {
  readonly source: 'None' | 'Disk' | 'Live';
  readonly isConnected: boolean;
  /** A head confirmed what is in force, and nothing has been doubted since. */
  readonly isCurrent: boolean;
  readonly epoch: number;
  readonly revision: number;
  readonly digest: string;
  readonly count: number;
  /** 0: no head ever did. */
  readonly confirmedAtMs: number;
  readonly rejected: ReadonlyMap<string, Rejected>;
  readonly doubt: string | null;
  readonly counters: Readonly<ReplicaCounters>;
}

export interface ReplicaCore {
  step(input: ReplicaInput, nowMs: number): readonly ReplicaEffect[];
  status(): ReplicaCoreStatus;
}

type Known = Pick<ReplicaCoreStatus, 'isConnected' | 'count' | 'confirmedAtMs' | 'doubt' | 'counters'>;

export function statusOf({ applied, rejected }: ApplyQueue, known: Known): ReplicaCoreStatus {
  return {
    ...known,
    source: applied?.source ?? 'None',
    isCurrent: known.doubt === null && applied?.source === 'Live',
    epoch: applied?.epoch ?? 0,
    revision: applied?.revision ?? 0,
    digest: applied?.digest ?? '',
    rejected,
    counters: { ...known.counters },
  };
}
