/** What the bucket says of a whole range: its head, read again and again while something is waited for. */
import type { ConfigRange } from '@sluice/contract/config-key.ts';
import { unconfirmedDigest } from '@sluice/contract/config-message.ts';
import { readHead } from '@sluice/live-config/digest/read-message.ts';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { connectBus } from './connect-bus.ts';

export interface RangeHead {
  readonly epoch: number;
  readonly revision: number;
  readonly count: number;
  readonly digest: string;
  readonly isConfirmed: boolean;
  readonly snapshotBytes: number | null;
}

export type ReadRangeHead = () => Promise<RangeHead | null>;

const patienceMs = 900_000;

export async function openRangeHead(scope: CleanupScope, url: string, range: ConfigRange): Promise<ReadRangeHead> {
  const bus = await connectBus(scope, url, 'bench-head');
  return async () => {
    const entry = await bus.read(`head.${range}`);
    const head = entry?.value === null || entry === null ? null : readHead(range, entry.value);
    if (head === null) return null;
    const { epoch, revision, count, digest, snapshot } = head;
    const isConfirmed = digest !== unconfirmedDigest;
    return { epoch, revision, count, digest, isConfirmed, snapshotBytes: snapshot?.bytes ?? null };
  };
}

export async function untilRangeHead(
  read: ReadRangeHead,
  what: string,
  holds: (head: RangeHead) => boolean,
): Promise<RangeHead> {
  return await eventually(
    async () => {
      const head = await read().catch(() => null);
      if (head === null || !holds(head)) throw new Error(`${what}: the head is ${JSON.stringify(head)}`);
      return head;
    },
    { timeoutMs: patienceMs, intervalMs: 50 },
  );
}
