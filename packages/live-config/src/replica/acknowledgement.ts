/**
 * What a proxy says of one range: what it has in force, what it rejected of it, and which head it believed last. Whoever publishes
 * next must come after that head, also when what it confirmed could not be applied.
 */
import { maxMarkedRejections, maxRejectionsInAck } from '@sluice/contract/config-message.ts';
import type { UnsignedAck } from '../digest/ack-token.ts';
import { joinMarks } from '../digest/rejection-marks.ts';
import { type ApplyQueue, type Confirmed, isOlder } from './apply-queue.ts';
import type { ReplicaCoreConfig } from './replica-step.ts';

const nothing: Confirmed = { epoch: 0, revision: 0, digest: '0'.repeat(64) };

interface Known {
  readonly queue: ApplyQueue;
  /** What the last head that was believed confirmed. */
  readonly believed: Confirmed;
}

/** null: nothing is in force and no head was believed yet. */
export function acknowledgementOf(
  { range, proxy, instance }: ReplicaCoreConfig,
  { queue, believed }: Known,
  nowMs: number,
): UnsignedAck | null {
  const { applied, rejected } = queue;
  if (applied === null && believed.epoch === 0) return null;
  const { epoch, revision, digest } = applied ?? nothing;
  const all = [...rejected].map(([key, { generation, reason }]) => ({ key, generation, reason }));
  const marked = all.slice(maxRejectionsInAck, maxRejectionsInAck + maxMarkedRejections);
  return {
    ...{ v: 1, proxy, instance, range, epoch, revision, digest },
    ...(isOlder({ epoch, revision }, believed)
      ? { believed: { epoch: believed.epoch, revision: believed.revision } }
      : {}),
    appliedAt: new Date(nowMs).toISOString(),
    rejected: all.slice(0, maxRejectionsInAck),
    rejectedCount: all.length,
    ...(marked.length === 0 ? {} : { rejectedToo: joinMarks(marked) }),
  };
}
