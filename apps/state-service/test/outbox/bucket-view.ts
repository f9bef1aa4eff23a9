/** What a bucket in memory holds of the range `users`, read as a proxy would. */
import {
  type ConfigEntry,
  type ConfigHead,
  configEntrySchema,
  configHeadSchema,
} from '@sluice/contract/config-message.ts';
import type { MemoryStore } from '@sluice/live-config/memory/memory-store.ts';
import { Value } from 'typebox/value';

export interface BucketView {
  /** By name; deleted ones too, with `spec: null`. */
  readonly users: ReadonlyMap<string, ConfigEntry>;
  readonly head: ConfigHead | null;
}

export function viewBucket(store: MemoryStore): BucketView {
  const users = new Map<string, ConfigEntry>();
  let head: ConfigHead | null = null;
  for (const { key, value } of store.entriesBehind(0)) {
    if (value === null) continue;
    const message: unknown = JSON.parse(Buffer.from(value).toString());
    if (key === 'head.users') head = Value.Parse(configHeadSchema, message);
    else if (key.startsWith('users.')) {
      const entry = Value.Parse(configEntrySchema, message);
      users.set(entry.name, entry);
    }
  }
  return { users, head };
}

/** Names of those that are not deleted, in order. */
export function liveNames(view: BucketView): readonly string[] {
  return [...view.users.values()]
    .filter(({ spec }) => spec !== null)
    .map(({ name }) => name)
    .toSorted();
}
