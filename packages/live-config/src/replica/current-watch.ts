/** The watch a replica has open, and what it has brought so far. */
import type { ConfigHead } from '@sluice/contract/config-message.ts';
import type { Gathering } from './gathering.ts';

export type WatchStage = 'Head' | 'Blob' | 'Snapshot' | 'Following';

/** Heads come every two seconds. */
const silenceMs = 7_000;

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

export function newWatch(id: number, gathering: Gathering, nowMs: number): CurrentWatch {
  const times = { lastHeadAtMs: nowMs, lastEventAtMs: nowMs };
  return { id, stage: 'Head', gathering, headEpoch: 0, lastHead: null, unmetHeads: 0, ...times };
}

/** Why nothing that came for so long is a doubt; null: it is none. */
export function silenceOf({ stage, lastHeadAtMs, lastEventAtMs }: CurrentWatch, nowMs: number): string | null {
  // A large snapshot takes as long as the way to it is slow. The bus says when nobody answers.
  if (stage === 'Blob') return null;
  const heardAtMs = stage === 'Following' ? lastHeadAtMs : lastEventAtMs;
  return nowMs - heardAtMs > silenceMs ? `no head for ${silenceMs / 1000} s` : null;
}
