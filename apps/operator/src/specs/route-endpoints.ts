/**
 * The endpoints of a route as proxies get them: addresses in place of Services, a Service's weight shared by its endpoints. What a route
 * names and may not have, or is not there, has no endpoint and is reported; the rest of the route stands. Pure.
 */
import { isGranted } from './reference-grants.ts';
import type { EndpointSliceObject, ReferenceGrantObject, ServiceObject } from './kube-objects.ts';
import type { RouteEndpoint } from './route-spec.ts';
import { addressesOf, type ServiceEndpoint } from './service-endpoints.ts';
import { sharedWeights } from './shared-weights.ts';

/** What the caches hold; keys are `namespace/name`. */
export interface ServiceLookup {
  /** Whether the operator may look there at all. */
  readonly isWatched: (namespace: string) => boolean;
  readonly service: (key: string) => ServiceObject | undefined;
  readonly slices: (serviceKey: string) => readonly EndpointSliceObject[];
  readonly grants: (namespace: string) => Iterable<ReferenceGrantObject>;
}

export interface PublishedEndpoint {
  readonly url: string;
  readonly weight?: number;
  readonly tcpFastOpen?: boolean;
  readonly zones?: readonly string[];
}

export type ReferenceReason = 'RefNotPermitted' | 'BackendNotFound' | 'PortNotFound' | 'UnsupportedService';

export interface ReferenceProblem {
  readonly reason: ReferenceReason;
  readonly message: string;
}

export interface ResolvedEndpoints {
  readonly endpoints: readonly PublishedEndpoint[];
  readonly problems: readonly ReferenceProblem[];
  /** Endpoints that there are beyond those that a route may have. */
  readonly left: number;
}

/** As many as the contract allows in a route. */
const maxEndpoints = 1024;

/** `namespace/name` of every Service that the route names. */
export function servicesOf(namespace: string, endpoints: readonly RouteEndpoint[]): ReadonlySet<string> {
  const keys = endpoints.flatMap(({ service }) =>
    service === undefined ? [] : [`${service.namespace ?? namespace}/${service.name}`],
  );
  return new Set(keys);
}

export function resolveEndpoints(
  namespace: string,
  endpoints: readonly RouteEndpoint[],
  lookup: ServiceLookup,
): ResolvedEndpoints {
  // What names no Service is published as it was written.
  if (endpoints.every(({ service }) => service === undefined)) {
    return {
      endpoints: endpoints.flatMap(({ url, ...rest }) => (url === undefined ? [] : [{ url, ...rest }])),
      problems: [],
      left: 0,
    };
  }
  const problems: ReferenceProblem[] = [];
  const groups = endpoints.map((endpoint, index) => {
    const found = addressesOfEntry(namespace, endpoint, lookup);
    if (Array.isArray(found)) return { endpoint, addresses: found as readonly ServiceEndpoint[] };
    const { reason, message } = found as ReferenceProblem;
    problems.push({ reason, message: `spec.to.endpoints[${index}].service: ${message}` });
    return { endpoint, addresses: [] };
  });
  const sizes = fittingSizes(groups.map(({ addresses }) => addresses.length));
  const weights = sharedWeights(
    groups.map(({ endpoint }, index) => ({ weight: endpoint.weight ?? 1, size: sizes[index] ?? 0 })),
  );
  const published = groups.flatMap(({ endpoint, addresses }, index) =>
    addresses.slice(0, sizes[index]).map((address) => publish(address, endpoint, weights[index] ?? 0)),
  );
  const found = groups.reduce((sum, { addresses }) => sum + addresses.length, 0);
  return { endpoints: published, problems, left: found - published.length };
}

/** How many of each group there is room for: small groups whole, the others alike, so that none loses its share to a larger one. */
function fittingSizes(sizes: readonly number[]): readonly number[] {
  const fitting = sizes.map(() => 0);
  const fromSmallest = [...sizes.entries()].toSorted(([, a], [, b]) => a - b);
  let room = maxEndpoints;
  for (const [at, [index, size]] of fromSmallest.entries()) {
    const taken = Math.min(size, Math.floor(room / (fromSmallest.length - at)));
    fitting[index] = taken;
    room -= taken;
  }
  return fitting;
}

function publish({ url, zones }: ServiceEndpoint, { tcpFastOpen }: RouteEndpoint, weight: number): PublishedEndpoint {
  return {
    url,
    weight,
    ...(tcpFastOpen === undefined ? {} : { tcpFastOpen }),
    ...(zones === null || zones.length === 0 ? {} : { zones }),
  };
}

function addressesOfEntry(
  namespace: string,
  { url, service, zones }: RouteEndpoint,
  lookup: ServiceLookup,
): readonly ServiceEndpoint[] | ReferenceProblem {
  if (service === undefined) return url === undefined ? [] : [{ url, zones: zones ?? null }];
  const target = { namespace: service.namespace ?? namespace, name: service.name };
  const key = `${target.namespace}/${target.name}`;
  if (!lookup.isWatched(target.namespace)) {
    const remedy = `add the namespace to its --namespaces`;
    return refused('RefNotPermitted', `this operator does not watch ${target.namespace} (${remedy})`);
  }
  if (!isGranted(namespace, target, lookup.grants(target.namespace))) {
    const remedy = `a ReferenceGrant in ${target.namespace} has to permit it, from ProxyRoute in ${namespace} to Service`;
    return refused('RefNotPermitted', `Service ${key} may not be named from ${namespace} (${remedy})`);
  }
  const found = lookup.service(key);
  if (found === undefined)
    return refused('BackendNotFound', `Service ${key} does not exist (create it, or correct the name)`);
  const addresses = addressesOf(found, lookup.slices(key), service);
  if (addresses.kind === 'Resolved') return addresses.endpoints;
  return refused(addresses.reason, `Service ${key} ${addresses.message}`);
}

function refused(reason: ReferenceReason, message: string): ReferenceProblem {
  return { reason, message };
}
