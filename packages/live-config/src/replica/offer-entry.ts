/** An entry as it came, to what is gathered. Pure but for that. */
import type { ConfigRange } from '@sluice/contract/config-key.ts';
import { readEntry } from '../digest/read-message.ts';
import type { CurrentWatch } from './current-watch.ts';
import type { BlobEntry } from './replica-step.ts';

interface EntryRules {
  readonly range: ConfigRange;
  /** What a deposed publisher wrote is left out. */
  readonly isFenced: boolean;
}

/** Why it does not count, as the counter for that is called; null: it does. */
export function offerEntry(
  { gathering, headEpoch }: CurrentWatch,
  { key, value }: BlobEntry,
  { range, isFenced }: EntryRules,
): 'invalidMessages' | 'fencedEntries' | 'olderEntries' | null {
  const entry = readEntry(range, key, value);
  if (entry === null) return 'invalidMessages';
  if (isFenced && entry.epoch < headEpoch) return 'fencedEntries';
  return gathering.offer(entry) ? null : 'olderEntries';
}
