/**
 * What was published of routes and listeners and what was accepted of it, by key. A change makes a new draft; whoever puts
 * it in force keeps it. Pure.
 */
import type { ConfigChange } from '@sluice/live-config/replica/replica-port.ts';
import { type LiveReading, readLiveResource } from '../../config/read-live-resource.ts';
import type { LiveVersions, MergedRouting, RoutingResource } from './merge-routing.ts';

export class LiveRouting {
  readonly #versions: ReadonlyMap<string, LiveVersions>;

  constructor(versions: ReadonlyMap<string, LiveVersions> = new Map()) {
    this.#versions = versions;
  }

  get all(): readonly LiveVersions[] {
    return [...this.#versions.values()];
  }

  /** With the changes; `isWhole`: they are all there is. */
  change(changes: Iterable<ConfigChange>, isWhole: boolean): LiveRouting {
    const versions = new Map(isWhole ? [] : this.#versions);
    for (const { key, kind, name, spec } of changes) {
      if (kind === 'User' || spec === null) {
        versions.delete(key);
        continue;
      }
      const before = this.#versions.get(key);
      const latest = readLiveResource(kind, name, spec);
      versions.set(key, { key, id: { kind, name }, latest: routingOnly(latest), lastGood: before?.lastGood ?? null });
    }
    return new LiveRouting(versions);
  }

  /** What was accepted becomes the last good version. */
  accept({ accepted }: Pick<MergedRouting, 'accepted'>): LiveRouting {
    const versions = new Map<string, LiveVersions>();
    for (const [key, version] of this.#versions)
      versions.set(key, { ...version, lastGood: accepted.get(key) ?? version.lastGood });
    return new LiveRouting(versions);
  }
}

function routingOnly(reading: LiveReading): LiveReading<RoutingResource> {
  if (!reading.ok) return reading;
  const { resource } = reading;
  return resource.kind === 'User'
    ? { ok: false, reason: 'a user is no resource of this range' }
    : { ok: true, resource };
}
