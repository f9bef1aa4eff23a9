/**
 * All objects of the fake, and every change with its number: one count for all kinds, as in etcd. Past states can be listed and
 * watches resumed as far back as the log reaches; compaction, asked for or by size, takes the older part away.
 */
import { expired } from './api-failure.ts';
import { type JsonObject, metadataOf, stringAt, withFields } from './json-object.ts';

export interface LoggedChange {
  readonly revision: number;
  /** Of the resource: `widgets.testing.sluice.dev`. */
  readonly resource: string;
  readonly key: string;
  readonly before: JsonObject | null;
  /** null: deleted by this change. */
  readonly after: JsonObject | null;
}

const maxChanges = 200_000;
// A real server's count starts with what it creates itself: no test may rely on small numbers.
const firstRevision = 100;

export class ObjectLog {
  readonly #objects = new Map<string, Map<string, JsonObject>>();
  readonly #listeners = new Set<(change: LoggedChange) => void>();
  #changes: LoggedChange[] = [];
  #revision = firstRevision;
  /** Up to this one, nothing can be asked about the past. */
  #compacted = 0;

  get revision(): number {
    return this.#revision;
  }

  get(resource: string, key: string): JsonObject | undefined {
    return this.#objects.get(resource)?.get(key);
  }

  /** Keys and objects in the order of the keys, now or as of a past revision. */
  list(resource: string, atRevision = this.#revision): readonly (readonly [string, JsonObject])[] {
    const state = new Map(this.#objects.get(resource));
    if (atRevision < this.#compacted) {
      throw expired('The provided continue parameter is too old to display a consistent list result.');
    }
    for (let index = this.#changes.length - 1; index >= 0; index--) {
      const change = this.#changes[index];
      if (change === undefined || change.revision <= atRevision) break;
      if (change.resource !== resource) continue;
      if (change.before === null) state.delete(change.key);
      else state.set(change.key, change.before);
    }
    return [...state].toSorted(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Stores `object` under the next revision, which becomes its resourceVersion, and returns it as stored. */
  put(resource: string, key: string, object: JsonObject): JsonObject {
    const stored = this.#stamp(object);
    const kept = this.#objects.get(resource) ?? new Map<string, JsonObject>();
    this.#objects.set(resource, kept);
    const before = kept.get(key) ?? null;
    kept.set(key, stored);
    this.#record({ resource, key, before, after: stored });
    return stored;
  }

  /** Takes the object away and returns its last state, under the revision of its deletion. */
  remove(resource: string, key: string): JsonObject {
    const before = this.get(resource, key);
    if (before === undefined) throw new Error(`nothing to remove at ${resource} ${key}`);
    const last = this.#stamp(before);
    this.#objects.get(resource)?.delete(key);
    this.#record({ resource, key, before: last, after: null });
    return last;
  }

  /** The changes after `revision`; throws 410 when some are gone. */
  changesAfter(revision: number): readonly LoggedChange[] {
    if (revision < this.#compacted) throw expired(`too old resource version: ${revision} (${this.#compacted})`);
    return this.#changes.filter((change) => change.revision > revision);
  }

  /** Forgets the past: watches and lists from before now are answered with 410. */
  compact(): void {
    // One further, so that the revision that a client just read is too old as well.
    this.#revision += 1;
    this.#compacted = this.#revision;
    this.#changes = [];
  }

  /** Calls back with each change from now on, until the result is called. */
  follow(listener: (change: LoggedChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #stamp(object: JsonObject): JsonObject {
    this.#revision += 1;
    const metadata = withFields(metadataOf(object), { resourceVersion: String(this.#revision) });
    return { ...object, metadata };
  }

  #record(change: Omit<LoggedChange, 'revision'>): void {
    const logged = { ...change, revision: this.#revision };
    this.#changes.push(logged);
    if (this.#changes.length > maxChanges) {
      const cut = this.#changes.splice(0, maxChanges / 2);
      this.#compacted = cut.at(-1)?.revision ?? this.#compacted;
    }
    for (const listener of this.#listeners) listener(logged);
  }
}

/** `namespace/name`, or `name`. */
export function keyOf(object: JsonObject): string {
  const { namespace, name } = {
    namespace: stringAt(metadataOf(object), 'namespace'),
    name: stringAt(metadataOf(object), 'name'),
  };
  return namespace === undefined ? `${name}` : `${namespace}/${name}`;
}
