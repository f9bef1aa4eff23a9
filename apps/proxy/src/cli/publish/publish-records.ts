/**
 * What a file publishes, against what the bucket holds: the same resource keeps its generation, another one gets the next,
 * one that is no longer in the file is deleted. Pure.
 */
import { resourceKey } from '@sluice/contract/config-key.ts';
import { canonicalJson } from '@sluice/live-config/digest/canonical-json.ts';
import type { HeldEntry } from '@sluice/live-config/publisher/read-held-entries.ts';
import type { ResourceSpec, TruthRecord } from '@sluice/live-config/publisher/truth.ts';
import type { EffectiveConfig } from '../../config/effective-config.ts';
import { printListener, printRoute } from '../../config/print-effective-config.ts';

/** The routes and listeners of a configuration, by key. */
export function specsOf({
  listeners,
  routes,
}: Pick<EffectiveConfig, 'listeners' | 'routes'>): ReadonlyMap<string, ResourceSpec> {
  const specs = new Map<string, ResourceSpec>();
  for (const listener of listeners) {
    const { name: _name, ...spec } = printListener(listener);
    specs.set(resourceKey({ kind: 'Listener', name: listener.name }), spec);
  }
  for (const route of routes) {
    const { name: _name, ...spec } = printRoute(route);
    specs.set(resourceKey({ kind: 'Route', name: route.name }), spec);
  }
  return specs;
}

/** A record for each resource of the file, and one for each that is only in the bucket. */
export function recordsOf(
  specs: ReadonlyMap<string, ResourceSpec>,
  held: ReadonlyMap<string, HeldEntry>,
): readonly TruthRecord[] {
  const records: TruthRecord[] = [];
  for (const [key, spec] of specs) {
    const before = held.get(key);
    const isSame = before !== undefined && before.specText === canonicalJson(spec);
    records.push({ key, generation: (before?.generation ?? 0) + (isSame ? 0 : 1), spec });
  }
  for (const [key, { generation, specText }] of held)
    if (!specs.has(key)) records.push({ key, generation: generation + (specText === null ? 0 : 1), spec: null });
  return records;
}

/** What the bucket holds when all of them have been published. */
export function heldAfter(records: readonly TruthRecord[]): ReadonlyMap<string, HeldEntry> {
  return new Map(
    records.map(({ key, generation, spec }) => [
      key,
      { generation, specText: spec === null ? null : canonicalJson(spec) },
    ]),
  );
}

export interface PublishSummary {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  readonly unchanged: number;
}

/** What the records change, by key. */
export function summarize(records: readonly TruthRecord[], held: ReadonlyMap<string, HeldEntry>): PublishSummary {
  const summary = { added: [] as string[], changed: [] as string[], removed: [] as string[], unchanged: 0 };
  for (const { key, generation, spec } of records) {
    const before = held.get(key);
    const wasLive = before !== undefined && before.specText !== null;
    if (before?.generation === generation) summary.unchanged += spec === null ? 0 : 1;
    else if (spec === null) summary.removed.push(key);
    else if (wasLive) summary.changed.push(key);
    else summary.added.push(key);
  }
  return summary;
}
