/** The watch a replica has open, and what it has brought so far. */
import type { ConfigHead } from '@sluice/contract/config-message.ts';
import type { Gathering } from './gathering.ts';

export type WatchStage = 'Head' | 'Blob' | 'Snapshot' | 'Following';

/** Heads come every two seconds. */
const silenceMs = 7_000;

/** How often a watch is gone on with that brought nothing in between. */
const maxLosses = 3;

export interface CurrentWatch {
  readonly id: number;
  readonly bucket: string;
  stage: WatchStage;
  gathering: Gathering;
  /** The highest epoch of a head of this watch. */
  headEpoch: number;
  lastHead: ConfigHead | null;
  unmetHeads: number;
  /** What came up to here has been gathered. */
  lastSequence: number;
  /** Since something came. */
  losses: number;
  lastHeadAtMs: number;
  lastEventAtMs: number;
}

export function newWatch(of: Pick<CurrentWatch, 'id' | 'bucket' | 'gathering'>, nowMs: number): CurrentWatch {
  const nothing = { headEpoch: 0, lastHead: null, unmetHeads: 0, lastSequence: 0, losses: 0 };
  return { ...of, ...nothing, stage: 'Head', lastHeadAtMs: nowMs, lastEventAtMs: nowMs };
}

/** The watch as it is gone on with after it was lost; null: it is begun anew. */
export function lostWatch(watch: CurrentWatch): CurrentWatch | null {
  if (watch.stage !== 'Following' || watch.losses >= maxLosses) return null;
  return { ...watch, losses: watch.losses + 1 };
}

/** Why nothing that came for so long is a doubt; null: it is none. */
export function silenceOf({ stage, lastHeadAtMs, lastEventAtMs }: CurrentWatch, nowMs: number): string | null {
  // A large snapshot takes as long as the way to it is slow. The bus says when nobody answers.
  if (stage === 'Blob') return null;
  const heardAtMs = stage === 'Following' ? lastHeadAtMs : lastEventAtMs;
  return nowMs - heardAtMs > silenceMs ? `no head for ${silenceMs / 1000} s` : null;
}
