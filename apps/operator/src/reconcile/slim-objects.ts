/**
 * What is kept of a Service and an EndpointSlice: a cluster has thousands, and most of what is in them is nobody's business here.
 * What is left out cannot be asked for later. Pure.
 */
import type { ObjectMeta } from '@sluice/kube/port/kube-object.ts';
import type { EndpointSliceObject, ServiceObject } from '../specs/kube-objects.ts';

const serviceNameLabel = 'kubernetes.io/service-name';

export function slimService({ metadata, spec }: ServiceObject): ServiceObject {
  const { type, ports, ipFamilies } = spec ?? {};
  return {
    metadata: slimMeta(metadata),
    spec: {
      ...(type === undefined ? {} : { type }),
      ...(ipFamilies === undefined ? {} : { ipFamilies }),
      ports: (ports ?? []).map(({ name, port, protocol }) => ({
        port,
        ...(name === undefined ? {} : { name }),
        ...(protocol === undefined ? {} : { protocol }),
      })),
    },
  };
}

export function slimSlice({ metadata, addressType, endpoints, ports }: EndpointSliceObject): EndpointSliceObject {
  const service = metadata.labels?.[serviceNameLabel];
  return {
    metadata: { ...slimMeta(metadata), ...(service === undefined ? {} : { labels: { [serviceNameLabel]: service } }) },
    ...(addressType === undefined ? {} : { addressType }),
    endpoints: (endpoints ?? []).map((endpoint) => ({
      // One address stands for an endpoint.
      addresses: (endpoint.addresses ?? []).slice(0, 1),
      ...(endpoint.conditions === undefined ? {} : { conditions: endpoint.conditions }),
      ...(endpoint.hints === undefined ? {} : { hints: endpoint.hints }),
    })),
    ports: ports ?? [],
  };
}

function slimMeta({ name, namespace, uid, resourceVersion }: ObjectMeta): ObjectMeta {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}
