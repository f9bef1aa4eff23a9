/**
 * The store behind an informer: objects by key, found by index too. Tells what a write changed; whom to tell is not its
 * matter. Pure memory; objects are the API server's answers and never changed here.
 */
import type { ChangeListener, Indexer, ObjectKey, ObjectStore } from '../port/informer.ts';
import type { KubeObject } from '../port/kube-object.ts';
import { objectKey } from './object-key.ts';

type Index<T> = Map<string, Map<ObjectKey, T>>;

export class ObjectCache<T extends KubeObject> implements ObjectStore<T> {
  readonly #objects = new Map<ObjectKey, T>();
  readonly #indexers: Readonly<Record<string, Indexer<T>>>;
  readonly #indexes = new Map<string, Index<T>>();
  readonly #tell: ChangeListener<T>;

  constructor(indexers: Readonly<Record<string, Indexer<T>>>, tell: ChangeListener<T>) {
    this.#indexers = indexers;
    this.#tell = tell;
    for (const name of Object.keys(indexers)) this.#indexes.set(name, new Map());
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(key);
  }

  keys(): Iterable<ObjectKey> {
    return this.#objects.keys();
  }

  values(): Iterable<T> {
    return this.#objects.values();
  }

  byIndex(index: string, value: string): readonly T[] {
    const found = this.#indexes.get(index);
    if (found === undefined) throw new TypeError(`there is no index ${index}`);
    return [...(found.get(value)?.values() ?? [])];
  }

  /** Tells nothing if this very version is there already. */
  put(object: T): void {
    const key = objectKey(object.metadata);
    const before = this.#objects.get(key);
    if (before !== undefined && isSameVersion(before, object)) return;
    // Deleted and made again between two looks: whoever keeps something for the old one must hear of its end.
    if (before !== undefined && before.metadata.uid !== object.metadata.uid) {
      this.remove(key);
      this.put(object);
      return;
    }
    this.#objects.set(key, object);
    if (before !== undefined) this.#unlink(key, before);
    this.#link(key, object);
    this.#tell(key, before ?? null, object);
  }

  remove(key: ObjectKey): void {
    const before = this.#objects.get(key);
    if (before === undefined) return;
    this.#objects.delete(key);
    this.#unlink(key, before);
    this.#tell(key, before, null);
  }

  /** Removes the object that a deletion event names; not a newer one of the same name. */
  removeObject({ metadata }: T): void {
    const key = objectKey(metadata);
    const before = this.#objects.get(key);
    if (before !== undefined && before.metadata.uid === metadata.uid) this.remove(key);
  }

  /** The whole of a namespace (null: of everything) is this; what is not in it is gone. */
  replace(namespace: string | null, objects: Iterable<T>): void {
    const present = new Set<ObjectKey>();
    for (const object of objects) {
      present.add(objectKey(object.metadata));
      this.put(object);
    }
    const gone = [...this.#objects].filter(
      ([key, { metadata }]) => !present.has(key) && (namespace === null || metadata.namespace === namespace),
    );
    for (const [key] of gone) this.remove(key);
  }

  #link(key: ObjectKey, object: T): void {
    for (const [name, index] of this.#indexes) {
      for (const value of this.#indexers[name]?.(object) ?? []) {
        const found = index.get(value) ?? new Map<ObjectKey, T>();
        found.set(key, object);
        index.set(value, found);
      }
    }
  }

  #unlink(key: ObjectKey, object: T): void {
    for (const [name, index] of this.#indexes) {
      for (const value of this.#indexers[name]?.(object) ?? []) {
        const found = index.get(value);
        found?.delete(key);
        if (found?.size === 0) index.delete(value);
      }
    }
  }
}

function isSameVersion(a: KubeObject, b: KubeObject): boolean {
  const { resourceVersion, uid } = a.metadata;
  return resourceVersion !== undefined && resourceVersion === b.metadata.resourceVersion && uid === b.metadata.uid;
}
