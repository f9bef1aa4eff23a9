/**
 * What was published of routes and listeners and what was accepted of it, by key. A change makes a draft of its own; whoever puts
 * it in force keeps it. Does no I/O. Invariant: in the order of the names, so that merging has nothing to sort, however many there are.
 */
import type { ConfigChange } from '@sluice/live-config/replica/replica-port.ts';
import { type LiveReading, readLiveResource } from '../../config/read-live-resource.ts';
import { compareVersions, type LiveVersions, type MergedRouting, type RoutingResource } from './merge-routing.ts';

export class LiveRouting {
  readonly #versions: Map<string, LiveVersions>;

  constructor(versions = new Map<string, LiveVersions>()) {
    this.#versions = versions;
  }

  get all(): readonly LiveVersions[] {
    return [...this.#versions.values()];
  }

  /** With the changes; `isWhole`: they are all there is. */
  change(changes: Iterable<ConfigChange>, isWhole: boolean): LiveRouting {
    const versions = new Map(isWhole ? [] : this.#versions);
    const sizeBefore = versions.size;
    let removed = 0;
    for (const { key, kind, name, spec } of changes) {
      if (kind === 'User' || spec === null) {
        removed += Number(versions.delete(key));
        continue;
      }
      const before = this.#versions.get(key);
      const latest = readLiveResource(kind, name, spec);
      versions.set(key, { key, id: { kind, name }, latest: routingOnly(latest), lastGood: before?.lastGood ?? null });
    }
    const isGrown = versions.size + removed > sizeBefore;
    return new LiveRouting(isGrown ? ordered(versions) : versions);
  }

  /** What was accepted becomes the last good version. */
  accept({ accepted }: Pick<MergedRouting, 'accepted'>): void {
    for (const [key, lastGood] of accepted) {
      const version = this.#versions.get(key);
      if (version !== undefined) this.#versions.set(key, { ...version, lastGood });
    }
  }
}

function ordered(versions: ReadonlyMap<string, LiveVersions>): Map<string, LiveVersions> {
  return new Map([...versions].toSorted(([, a], [, b]) => compareVersions(a, b)));
}

function routingOnly(reading: LiveReading): LiveReading<RoutingResource> {
  if (!reading.ok) return reading;
  const { resource } = reading;
  return resource.kind === 'User'
    ? { ok: false, reason: 'a user is no resource of this range' }
    : { ok: true, resource };
}
