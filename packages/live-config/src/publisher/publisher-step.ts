/** What goes into the publisher's core and what comes out of it. */
import type { ConfigRange } from '@sluice/contract/config-key.ts';
import type { SnapshotReference } from '@sluice/contract/config-message.ts';
import type { BusEntry, PutOutcome, WatchEvent } from '../port/config-bus.ts';
import type { PublisherEvent, PublisherStatus } from './publisher-port.ts';
import type { TruthRecord } from './truth.ts';

export interface PublisherCoreConfig {
  readonly range: ConfigRange;
  /** Of this run of the process; heads name it. */
  readonly publisher: string;
  /** Live entries above which a snapshot is kept in the object store. */
  readonly snapshotAbove?: number;
}

export type PublisherCoreStatus = Omit<PublisherStatus, 'liveProxies'>;

export interface PublisherCore {
  step(input: PublisherInput, nowMs: number): readonly PublisherEffect[];
  status(): PublisherCoreStatus;
}

export type PublisherInput =
  | { readonly kind: 'Connected'; readonly bucket: string }
  | { readonly kind: 'Disconnected'; readonly reason: string }
  | { readonly kind: 'Watched'; readonly watch: number; readonly event: WatchEvent }
  | { readonly kind: 'EpochClaimed'; readonly epoch: number }
  | { readonly kind: 'ClaimFailed'; readonly reason: string }
  | { readonly kind: 'PutDone'; readonly put: number; readonly outcome: PutOutcome }
  | { readonly kind: 'ReadDone'; readonly put: number; readonly entry: BusEntry | null }
  | { readonly kind: 'ReadFailed'; readonly put: number }
  /** The truth has changed. Tickets grow by one; Covered answers them. */
  | { readonly kind: 'Changed'; readonly ticket: number; readonly records: readonly TruthRecord[] }
  | { readonly kind: 'TruthPart'; readonly listing: number; readonly records: readonly TruthRecord[] }
  | { readonly kind: 'TruthEnded'; readonly listing: number }
  | { readonly kind: 'TruthFailed'; readonly listing: number; readonly reason: string }
  | { readonly kind: 'SnapshotStored'; readonly snapshot: SnapshotReference }
  | { readonly kind: 'SnapshotFailed'; readonly reason: string }
  /** A proxy has this in force, or had a last good table of it. */
  | { readonly kind: 'RevisionSeen'; readonly epoch: number; readonly revision: number }
  | { readonly kind: 'Rebuild' }
  /** After having been deposed. */
  | { readonly kind: 'ClaimAgain' }
  | { readonly kind: 'Tick' };

export type PublisherEffect =
  | { readonly kind: 'OpenWatch'; readonly watch: number }
  | { readonly kind: 'CloseWatch'; readonly watch: number }
  | { readonly kind: 'ClaimEpoch'; readonly above: number }
  /** Answered by PutDone. */
  | {
      readonly kind: 'Put';
      readonly put: number;
      readonly key: string;
      readonly value: Uint8Array;
      readonly expectedSequence: number;
    }
  /** Reads the key of a put back; answered by ReadDone or ReadFailed. */
  | { readonly kind: 'Read'; readonly put: number; readonly key: string }
  /** Answered by a part, then one part for each NextPart, then TruthEnded; or TruthFailed. A new listing ends the one before. */
  | { readonly kind: 'ListTruth'; readonly listing: number; readonly keys: readonly string[] | null }
  | { readonly kind: 'NextPart'; readonly listing: number }
  /** Of the truth, every entry with this epoch; it holds at least what the bucket held at this sequence. */
  | { readonly kind: 'StoreSnapshot'; readonly object: string; readonly sequence: number; readonly epoch: number }
  | { readonly kind: 'PruneSnapshots'; readonly keep: readonly string[] }
  /** A stored head counts in this ticket and all before. */
  | { readonly kind: 'Covered'; readonly ticket: number; readonly epoch: number; readonly revision: number }
  | { readonly kind: 'Report'; readonly event: PublisherEvent };
