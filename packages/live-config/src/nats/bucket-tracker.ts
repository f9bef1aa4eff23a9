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
  const { manager, settings, signal, onBucket, onNoBucket } = options;
  const { identityIntervalMs } = settings.timing;
  const find = createFinder(
    settings,
    () => makeBuckets(manager, settings.replicas ?? 1),
    () => readBucketIdentity(manager),
  );
  const isOver = (): boolean => signal.aborted;
  let unanswered = maxUnanswered;
  while (!isOver()) {
    let isKnown = false;
    try {
      const identity = await find();
      if (isOver()) return;
      unanswered = 0;
      isKnown = identity !== null;
      if (identity === null) onNoBucket(`there is no bucket ${configBucket}; a publisher makes it`);
      else onBucket(identity);
    } catch (error) {
      if (isOver()) return;
      unanswered += 1;
      if (unanswered >= maxUnanswered) onNoBucket(`ask for the bucket ${configBucket}: ${errorReason(error)}`);
    }
    const ms = isKnown ? identityIntervalMs : Math.min(identityIntervalMs, unknownIntervalMs);
    await delay(ms, undefined, { signal }).catch(() => {});
  }
}

/** Finds the bucket. A publisher makes both buckets when its connection is new, and again whenever there is none. */
function createFinder(
  settings: NatsSettings,
  make: () => Promise<void>,
  read: () => Promise<string | null>,
): () => Promise<string | null> {
  let isMade = settings.replicas === null;
  return async () => {
    if (!isMade) {
      await make();
      isMade = true;
    }
    const identity = await read();
    if (identity !== null || settings.replicas === null) return identity;
    await make();
    return await read();
  };
}
