/** The kinds of objects that the operator reads and writes, and where the API server serves them. */
import { apiGroup, apiVersionName, proxyListenerKind, proxyRouteKind } from '@sluice/contract/resources/api-group.ts';
import type { Resource } from '@sluice/kube/port/resource.ts';
import type { EndpointSliceObject, ReferenceGrantObject, ServiceObject, SluiceObject } from './specs/kube-objects.ts';

export const proxyRoutes: Resource<SluiceObject> = {
  group: apiGroup,
  version: apiVersionName,
  plural: proxyRouteKind.plural,
  kind: proxyRouteKind.kind,
  namespaced: true,
};

export const proxyListeners: Resource<SluiceObject> = {
  group: apiGroup,
  version: apiVersionName,
  plural: proxyListenerKind.plural,
  kind: proxyListenerKind.kind,
  namespaced: true,
};

export const services: Resource<ServiceObject> = {
  group: '',
  version: 'v1',
  plural: 'services',
  kind: 'Service',
  namespaced: true,
};

export const endpointSlices: Resource<EndpointSliceObject> = {
  group: 'discovery.k8s.io',
  version: 'v1',
  plural: 'endpointslices',
  kind: 'EndpointSlice',
  namespaced: true,
};

/** Of the versions of Gateway API that have it, the newest first. */
export const referenceGrants: readonly Resource<ReferenceGrantObject>[] = ['v1', 'v1beta1'].map((version) => ({
  group: 'gateway.networking.k8s.io',
  version,
  plural: 'referencegrants',
  kind: 'ReferenceGrant',
  namespaced: true,
}));
