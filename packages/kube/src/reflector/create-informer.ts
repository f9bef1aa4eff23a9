/** The informer of the port: one store, one reflector for each namespace followed (or one for all), and who is told. */
import type { Clock } from '../port/clock.ts';
import type { ChangeListener, Indexer, Informer } from '../port/informer.ts';
import type { KubeClient } from '../port/kube-client.ts';
import type { KubeObject } from '../port/kube-object.ts';
import type { Resource } from '../port/resource.ts';
import { ObjectCache } from './object-cache.ts';
import { Reflector, type ReflectorPacing } from './reflector.ts';
import type { ReflectorMetrics } from './reflector-metrics.ts';
import { withoutManagedFields } from './without-managed-fields.ts';

export interface InformerConfig<T extends KubeObject> {
  readonly resource: Resource<T>;
  /** null: all. */
  readonly namespaces: readonly string[] | null;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly indexers?: Readonly<Record<string, Indexer<T>>>;
  /** What is kept of an object; if it throws, all of it. managedFields are dropped in any case. */
  readonly transform?: (object: T) => T;
  /** A kind that is not served has no objects, and is looked for every minute; a failure unless given. */
  readonly absentIsEmpty?: boolean;
  readonly pacing?: Partial<ReflectorPacing>;
}

export interface InformerDeps {
  readonly client: Pick<KubeClient, 'list' | 'watch'>;
  readonly clock: Clock;
  readonly metrics: ReflectorMetrics;
  /** For the log: lists and watches that failed, listeners that threw. Nothing has to be done about them. */
  readonly onError: (error: unknown) => void;
}

const usualPacing: ReflectorPacing = {
  pageSize: 500,
  listDeadlineMs: 60_000,
  relistEveryMs: 600_000,
  watchMs: 240_000,
  // The API server sends a bookmark about every 60 s.
  silenceMs: 75_000,
  absentRetryMs: 60_000,
};

export function createInformer<T extends KubeObject>(config: InformerConfig<T>, deps: InformerDeps): Informer<T> {
  return new NamespacedInformer(config, deps);
}

class NamespacedInformer<T extends KubeObject> implements Informer<T> {
  readonly store: ObjectCache<T>;
  readonly #reflectors: readonly Reflector<T>[];
  readonly #deps: InformerDeps;
  readonly #label: string;
  readonly #listeners: ChangeListener<T>[] = [];
  readonly #waiting = new Set<() => void>();
  #isStopped = false;

  constructor(config: InformerConfig<T>, deps: InformerDeps) {
    this.#deps = deps;
    const { group, plural } = config.resource;
    this.#label = group === '' ? plural : `${group}/${plural}`;
    this.store = new ObjectCache(config.indexers ?? {}, (...change) => this.#tellAll(...change));
    const scopes = config.namespaces === null ? [null] : [...new Set(config.namespaces)];
    this.#reflectors = scopes.map((namespace) => this.#reflector(config, namespace));
  }

  onChange(listener: ChangeListener<T>): void {
    this.#listeners.push(listener);
    for (const key of [...this.store.keys()]) {
      const object = this.store.get(key);
      if (object !== undefined) this.#tell(listener, key, null, object);
    }
  }

  start(): void {
    for (const reflector of this.#reflectors) reflector.start();
    this.#announceSync();
  }

  hasSynced(): boolean {
    return this.#reflectors.every(({ hasSynced }) => hasSynced);
  }

  async whenSynced(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.hasSynced()) return;
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.delete(onSync);
        reject(signal.reason as Error);
      };
      const onSync = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      this.#waiting.add(onSync);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  sinceAnswerMs(): number {
    return Math.max(0, ...this.#reflectors.map((reflector) => reflector.sinceAnswerMs()));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#reflectors.map(async (reflector) => await reflector.stop()));
  }

  #reflector(config: InformerConfig<T>, namespace: string | null): Reflector<T> {
    const { client, clock, metrics, onError } = this.#deps;
    const { resource, labelSelector, fieldSelector, absentIsEmpty = false } = config;
    const sink = {
      replace: (objects: readonly T[]): void => {
        this.store.replace(
          namespace,
          objects.map((object) => this.#keep(object, config.transform)),
        );
        // `hasSynced` is set after this call: who waits is told in the next turn.
        queueMicrotask(() => this.#announceSync());
      },
      put: (object: T): void => this.store.put(this.#keep(object, config.transform)),
      remove: (object: T): void => this.store.removeObject(object),
    };
    const selection = {
      ...(namespace === null ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    };
    const pacing = { ...usualPacing, ...config.pacing };
    return new Reflector({ resource, absentIsEmpty, pacing, ...selection }, { client, clock, metrics, sink, onError });
  }

  #keep(object: T, transform: InformerConfig<T>['transform']): T {
    const bare = withoutManagedFields(object);
    try {
      return transform === undefined ? bare : transform(bare);
    } catch (error) {
      // An object that cannot be made smaller is no reason to be blind to it, or to all others.
      this.#deps.onError(error);
      return bare;
    }
  }

  #announceSync(): void {
    this.#deps.metrics.objects(this.#label, this.store.size);
    if (this.#isStopped || !this.hasSynced()) return;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #tellAll(...change: Parameters<ChangeListener<T>>): void {
    this.#deps.metrics.objects(this.#label, this.store.size);
    for (const listener of this.#listeners) this.#tell(listener, ...change);
  }

  #tell(listener: ChangeListener<T>, ...change: Parameters<ChangeListener<T>>): void {
    if (this.#isStopped) return;
    try {
      listener(...change);
    } catch (error) {
      this.#deps.metrics.listenerThrew(this.#label);
      this.#deps.onError(error);
    }
  }
}
