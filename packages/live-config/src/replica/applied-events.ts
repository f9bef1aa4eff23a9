/** What a log says of a revision that is in force. Pure. */
import type { ConfigRange } from '@sluice/contract/config-key.ts';
import { maxRejectionsInAck } from '@sluice/contract/config-message.ts';
import type { Revision } from './apply-queue.ts';
import type { ReplicaEvent } from './replica-port.ts';

interface Rejection {
  readonly key: string;
  readonly reason: string;
}

export function appliedEvents(range: ConfigRange, done: Revision, rejected: readonly Rejection[]): ReplicaEvent[] {
  const { epoch, revision } = done.confirmed;
  const counts = { changeCount: done.changes.size, rejectedCount: rejected.length };
  return [
    { kind: 'Applied', range, source: done.source, epoch, revision, ...counts },
    ...rejected
      .slice(0, maxRejectionsInAck)
      .map(({ key, reason }) => ({ kind: 'Rejected', range, key, reason }) as const),
  ];
}
