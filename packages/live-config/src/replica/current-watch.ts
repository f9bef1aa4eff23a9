/** The watch a replica has open, and what it has brought so far. */
import type { ConfigHead } from '@sluice/contract/config-message.ts';
import type { Gathering } from './gathering.ts';

export type WatchStage = 'Head' | 'Blob' | 'Snapshot' | 'Following';

export interface CurrentWatch {
  readonly id: number;
  stage: WatchStage;
  gathering: Gathering;
  /** The highest epoch of a head of this watch. */
  headEpoch: number;
  lastHead: ConfigHead | null;
  unmetHeads: number;
  lastHeadAtMs: number;
  lastEventAtMs: number;
}
