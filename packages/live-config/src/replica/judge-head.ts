/** Whether a head is believed, and what it says of what has been gathered. Pure. */
import type { ConfigHead } from '@sluice/contract/config-message.ts';
import { type Confirmed, isOlder } from './apply-queue.ts';
import type { CurrentWatch } from './current-watch.ts';

export type HeadVerdict =
  /** What was gathered is what its publisher has. */
  | 'Met'
  /** The head of before once more: a batch is on its way. */
  | 'Repeated'
  /** The rest of the snapshot may be what is missing. */
  | 'TooEarly'
  | 'Unmet';

/** What was believed last: the revision, and the head that named it. */
interface Believed {
  readonly revision: Confirmed;
  readonly head: ConfigHead | null;
}

/**
 * An owner whose epochs end with the bucket gives one to two publishers when that is lost (`sluice publish`). Their revisions say
 * nothing of each other; the time of their heads does, when a backup brings the earlier one's back.
 */
export function isStale(head: ConfigHead, { revision, head: believed }: Believed): boolean {
  if (isOlder(head, revision)) return true;
  if (believed === null || head.epoch !== believed.epoch || head.publisher === believed.publisher) return false;
  return head.at < believed.at;
}

export function judgeHead(head: ConfigHead, watch: CurrentWatch, confirmed: Confirmed): HeadVerdict {
  const { gathering, stage } = watch;
  if (head.count === gathering.count && head.digest === gathering.digest.hex()) return 'Met';
  const isSame = head.digest === confirmed.digest && head.revision === confirmed.revision;
  if (!gathering.isWhole && isSame) return 'Repeated';
  return stage === 'Snapshot' ? 'TooEarly' : 'Unmet';
}
