/** What a head says of what has been gathered. Pure. */
import type { ConfigHead } from '@sluice/contract/config-message.ts';
import type { Confirmed } from './apply-queue.ts';
import type { CurrentWatch } from './current-watch.ts';

export type HeadVerdict =
  /** What was gathered is what its publisher has. */
  | 'Met'
  /** The head of before once more: a batch is on its way. */
  | 'Repeated'
  /** The rest of the snapshot may be what is missing. */
  | 'TooEarly'
  | 'Unmet';

export function judgeHead(head: ConfigHead, watch: CurrentWatch, confirmed: Confirmed): HeadVerdict {
  const { gathering, stage } = watch;
  if (head.count === gathering.count && head.digest === gathering.digest.hex()) return 'Met';
  const isSame = head.digest === confirmed.digest && head.revision === confirmed.revision;
  if (!gathering.isWhole && isSame) return 'Repeated';
  return stage === 'Snapshot' ? 'TooEarly' : 'Unmet';
}
