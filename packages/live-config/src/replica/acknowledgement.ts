/** What a proxy says of one range: what it has in force, and what it rejected of it. */
import { maxRejectionsInAck } from '@sluice/contract/config-message.ts';
import type { UnsignedAck } from '../digest/ack-token.ts';
import type { ApplyQueue } from './apply-queue.ts';
import type { ReplicaCoreConfig } from './replica-step.ts';

/** null: nothing is in force yet. */
export function acknowledgementOf(config: ReplicaCoreConfig, queue: ApplyQueue, nowMs: number): UnsignedAck | null {
  const { applied, rejected } = queue;
  if (applied === null) return null;
  const { range, proxy, instance } = config;
  const { epoch, revision, digest } = applied;
  const listed = [...rejected.entries()].slice(0, maxRejectionsInAck);
  return {
    ...{ v: 1, proxy, instance, range, epoch, revision, digest },
    appliedAt: new Date(nowMs).toISOString(),
    rejected: listed.map(([key, { generation, reason }]) => ({ key, generation, reason })),
    rejectedCount: rejected.size,
  };
}
