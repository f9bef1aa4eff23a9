/** The local copies that routing is made of, and one place to follow all of them. */
import type { Informer } from '@sluice/kube/port/informer.ts';
import type { EndpointSliceObject, ReferenceGrantObject, ServiceObject, SluiceObject } from '../specs/kube-objects.ts';
import type { ServiceLookup } from '../specs/route-endpoints.ts';

/** Indexes that the informers must have. */
export const serviceOfSlice = 'service';
export const byNamespace = 'namespace';

export interface RoutingCaches {
  readonly routes: Informer<SluiceObject>;
  readonly listeners: Informer<SluiceObject>;
  readonly services: Informer<ServiceObject>;
  readonly slices: Informer<EndpointSliceObject>;
  /** Those that are known; the cluster may not have the kind. */
  readonly grants: GrantSource;
  readonly isWatched: (namespace: string) => boolean;
}

export interface GrantSource {
  inNamespace(namespace: string): Iterable<ReferenceGrantObject>;
  /** Tells the namespace in which something changed. */
  onChange(listener: (namespace: string) => void): void;
  whenSynced(signal: AbortSignal): Promise<void>;
}

/** What follows the caches at the moment. */
export interface RoutingFollower {
  routeChanged(id: string, object: SluiceObject | null): void;
  listenerChanged(id: string, object: SluiceObject | null): void;
  serviceChanged(key: string): void;
  grantsChanged(namespace: string): void;
}

/** Listeners of an informer cannot be taken back, so these stay and tell whoever follows. */
export function relayChanges(caches: RoutingCaches, follower: () => RoutingFollower | null): void {
  caches.routes.onChange((key, _before, after) => follower()?.routeChanged(key, after));
  caches.listeners.onChange((key, _before, after) => follower()?.listenerChanged(key, after));
  caches.services.onChange((key) => follower()?.serviceChanged(key));
  caches.slices.onChange((_key, before, after) => {
    const keys = new Set([before, after].flatMap((slice) => (slice === null ? [] : serviceKeysOf(slice))));
    for (const key of keys) follower()?.serviceChanged(key);
  });
  caches.grants.onChange((namespace) => follower()?.grantsChanged(namespace));
}

export function lookupIn(caches: RoutingCaches): ServiceLookup {
  return {
    isWatched: caches.isWatched,
    service: (key) => caches.services.store.get(key),
    slices: (key) => caches.slices.store.byIndex(serviceOfSlice, key),
    grants: (namespace) => caches.grants.inNamespace(namespace),
  };
}

/** `namespace/name` of the Service that an EndpointSlice belongs to: an index of its informer. */
export function serviceKeysOf({ metadata }: EndpointSliceObject): readonly string[] {
  const name = metadata.labels?.['kubernetes.io/service-name'];
  return name === undefined ? [] : [`${metadata.namespace ?? ''}/${name}`];
}

export async function whenSynced(caches: RoutingCaches, signal: AbortSignal): Promise<void> {
  const { routes, listeners, services, slices, grants } = caches;
  await Promise.all([routes, listeners, services, slices, grants].map((cache) => cache.whenSynced(signal)));
}
