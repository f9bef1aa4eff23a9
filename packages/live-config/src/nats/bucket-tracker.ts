/**
 * Asks again and again which bucket there is, for as long as one connection lasts. A watch on a bucket that was deleted and
 * made anew is silent for ever (measured); the time its stream was created is what tells.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { JetStreamManager } from '@nats-io/jetstream';
import { configBucket } from '@sluice/contract/config-subjects.ts';
import { makeBuckets, readBucketIdentity } from './bucket-stream.ts';
import { errorReason } from './error-reason.ts';
import type { NatsSettings } from './nats-config.ts';

export interface BucketTrackerOptions {
  readonly manager: JetStreamManager;
  readonly settings: NatsSettings;
  readonly signal: AbortSignal;
  /** After every answer; mostly the same. */
  readonly onBucket: (identity: string) => void;
  /** There is no bucket, or nobody has answered for a while. */
  readonly onNoBucket: (reason: string) => void;
}

/** Unanswered questions after which the bucket counts as gone: an election of a leader takes as long as one or two. */
const maxUnanswered = 3;
/** While no bucket is known one is asked for more often: a proxy waits for it. */
const unknownIntervalMs = 250;

/** Resolves when `signal` is aborted. */
export async function trackBucket(options: BucketTrackerOptions): Promise<void> {
  const { settings, signal, onBucket, onNoBucket } = options;
  const { identityIntervalMs } = settings.timing;
  const find = createFinder(options);
  const isOver = (): boolean => signal.aborted;
  let unanswered = maxUnanswered;
  while (!isOver()) {
    const found = await find();
    if (isOver()) return;
    unanswered = found.kind === 'Unanswered' ? unanswered + 1 : 0;
    if (found.kind === 'Bucket') onBucket(found.identity);
    else if (found.kind === 'None' || unanswered >= maxUnanswered) onNoBucket(found.reason);
    const ms = found.kind === 'Bucket' ? identityIntervalMs : Math.min(identityIntervalMs, unknownIntervalMs);
    await delay(ms, undefined, { signal }).catch(() => {});
  }
}

type Found =
  | { readonly kind: 'Bucket'; readonly identity: string }
  | { readonly kind: 'None'; readonly reason: string }
  | { readonly kind: 'Unanswered'; readonly reason: string };

/** Finds the bucket. A publisher makes both buckets when its connection is new, and again whenever there is none. */
function createFinder({ manager, settings: { replicas } }: BucketTrackerOptions): () => Promise<Found> {
  let isMade = replicas === null;
  const make = async (): Promise<void> => {
    if (replicas !== null) await makeBuckets(manager, replicas);
    isMade = true;
  };
  return async () => {
    try {
      if (!isMade) await make();
      const identity = await readBucketIdentity(manager);
      if (identity !== null) return { kind: 'Bucket', identity };
      isMade = replicas === null;
      return { kind: 'None', reason: `there is no bucket ${configBucket}; a publisher makes it` };
    } catch (error) {
      return { kind: 'Unanswered', reason: `ask for the bucket ${configBucket}: ${errorReason(error)}` };
    }
  };
}
