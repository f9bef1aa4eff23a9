/**
 * Whether a route may name a Service of another namespace: a ReferenceGrant there says so. Without one the answer is the same whether the
 * Service exists or not. Pure.
 */
import { apiGroup, proxyRouteKind } from '@sluice/contract/resources/api-group.ts';
import type { ReferenceGrantObject } from './kube-objects.ts';

export interface ServiceReference {
  readonly namespace: string;
  readonly name: string;
}

/** `grants`: those of the Service's namespace. */
export function isGranted(
  routeNamespace: string,
  service: ServiceReference,
  grants: Iterable<ReferenceGrantObject>,
): boolean {
  if (routeNamespace === service.namespace) return true;
  for (const { spec } of grants) {
    const isFrom = spec?.from?.some(
      ({ group, kind, namespace }) =>
        group === apiGroup && kind === proxyRouteKind.kind && namespace === routeNamespace,
    );
    const isTo = spec?.to?.some(
      ({ group, kind, name }) => group === '' && kind === 'Service' && (name === undefined || name === service.name),
    );
    if (isFrom === true && isTo === true) return true;
  }
  return false;
}
