/** What goes into the replica's core and what comes out of it. */
import type { ConfigRange } from '@sluice/contract/config-key.ts';
import type { SnapshotReference } from '@sluice/contract/config-message.ts';
import type { UnsignedAck } from '../digest/ack-token.ts';
import type { WatchEvent } from '../port/config-bus.ts';
import type { ChangeSet } from './change-set.ts';
import type { ReplicaEvent } from './replica-port.ts';

export interface ReplicaCoreConfig {
  readonly range: ConfigRange;
  readonly proxy: string;
  readonly instance: string;
  /** In [0, 1). */
  readonly random: () => number;
  /** For the model test, which shows that each part is needed: leaves it out. Never given otherwise. */
  readonly without?: 'Fencing' | 'Snapshots';
}

/** A resource of a last good table. */
export interface RestoredRecord {
  readonly key: string;
  /** Of what was published. */
  readonly epoch: number;
  readonly generation: number;
  readonly hash: Uint8Array;
  /** What to apply: the last version that was accepted. null: none ever was. */
  readonly good: { readonly generation: number; readonly specText: string } | null;
  /** Why what was published is not in force; null: it is. */
  readonly reason: string | null;
}

/** What a table says of itself: the head that confirmed it. No older head is ever believed. */
export interface TableHeader {
  readonly epoch: number;
  readonly revision: number;
  readonly digest: string;
}

export type ReplicaInput =
  | { readonly kind: 'RestoredPart'; readonly records: readonly RestoredRecord[] }
  /** The parts so far are to be forgotten; those of another table may follow. */
  | { readonly kind: 'RestoreRefused'; readonly reason: string }
  /** The last one of the restored; null: there was no table. */
  | { readonly kind: 'RestoreEnded'; readonly header: TableHeader | null }
  | { readonly kind: 'Connected'; readonly bucket: string }
  | { readonly kind: 'Disconnected'; readonly reason: string }
  | { readonly kind: 'HeadRead'; readonly watch: number; readonly value: Uint8Array | null }
  | { readonly kind: 'ReadFailed'; readonly watch: number; readonly reason: string }
  | { readonly kind: 'BlobEntries'; readonly watch: number; readonly entries: readonly BlobEntry[] }
  | { readonly kind: 'BlobEnded'; readonly watch: number }
  | { readonly kind: 'Watched'; readonly watch: number; readonly event: WatchEvent }
  | { readonly kind: 'Applied'; readonly rejected: readonly { readonly key: string; readonly reason: string }[] }
  | { readonly kind: 'ApplyFailed'; readonly reason: string }
  /** The table on disk is gone: a whole one is needed. */
  | { readonly kind: 'TableLost'; readonly reason: string }
  /** The answer to the effect of this name. */
  | { readonly kind: 'Proceed' }
  | { readonly kind: 'Recheck' }
  | { readonly kind: 'Tick' };

export interface BlobEntry {
  readonly key: string;
  readonly value: Uint8Array;
}

export interface ApplyEffect {
  readonly kind: 'Apply';
  readonly source: 'Disk' | 'Live';
  readonly isWhole: boolean;
  readonly epoch: number;
  readonly revision: number;
  readonly digest: string;
  readonly changes: ChangeSet;
}

export interface PersistEffect {
  readonly kind: 'Persist';
  readonly isWhole: boolean;
  readonly header: TableHeader;
  readonly changes: ChangeSet;
  /** Reasons by key, for those of `changes` that were rejected. */
  readonly rejected: ReadonlyMap<string, string>;
}

/** Each watch has a number; what belongs to an earlier one is ignored. */
export type ReplicaEffect =
  | { readonly kind: 'ReadHead'; readonly watch: number }
  /** Answered by BlobEntries and one BlobEnded, or ReadFailed. */
  | { readonly kind: 'LoadBlob'; readonly watch: number; readonly snapshot: SnapshotReference }
  | { readonly kind: 'OpenWatch'; readonly watch: number; readonly behindSequence: number | null }
  | { readonly kind: 'CloseWatch'; readonly watch: number }
  /** Answered by Applied or ApplyFailed; there is one at a time. */
  | ApplyEffect
  | PersistEffect
  /**
   * A large table is being confirmed. Answered in a later turn by the same, before any other input: with one that comes earlier
   * all the rest is done at once.
   */
  | { readonly kind: 'Proceed' }
  | { readonly kind: 'Acknowledge'; readonly ack: UnsignedAck }
  | { readonly kind: 'Report'; readonly event: ReplicaEvent };
