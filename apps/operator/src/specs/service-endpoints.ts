/**
 * Where the connections to one port of a Service go, from the Service and its EndpointSlices: the ready endpoints, or when there is none
 * those that still serve while they end, as kube-proxy does. One address family: the Service's first that has any. Pure.
 */
import type { EndpointSliceObject, ServiceObject, ServicePort, SliceEndpoint } from './kube-objects.ts';

/** What a route asks for: a number of the Service's ports, or the name of one. */
export interface WantedPort {
  readonly port?: number | undefined;
  readonly portName?: string | undefined;
}

export interface ServiceEndpoint {
  readonly url: string;
  /** Zones that should use it; null: it has no hint. */
  readonly zones: readonly string[] | null;
}

export type ServiceAddresses =
  | { readonly kind: 'Resolved'; readonly endpoints: readonly ServiceEndpoint[] }
  | { readonly kind: 'Unresolved'; readonly reason: 'PortNotFound' | 'UnsupportedService'; readonly message: string };

export function addressesOf(
  service: ServiceObject,
  slices: readonly EndpointSliceObject[],
  wanted: WantedPort,
): ServiceAddresses {
  if (service.spec?.type === 'ExternalName') {
    const message = 'is of type ExternalName, whose name anybody may point anywhere (write the address as url)';
    return { kind: 'Unresolved', reason: 'UnsupportedService', message };
  }
  const port = findPort(service.spec?.ports ?? [], wanted);
  if (port === undefined) return portNotFound(service, wanted);
  if ((port.protocol ?? 'TCP') !== 'TCP') {
    const message = `has port ${shown(wanted)} for ${port.protocol ?? ''} (name a TCP port)`;
    return { kind: 'Unresolved', reason: 'UnsupportedService', message };
  }
  return { kind: 'Resolved', endpoints: endpointsOf(service, slices, port.name ?? '') };
}

function findPort(ports: readonly ServicePort[], { port, portName }: WantedPort): ServicePort | undefined {
  if (portName !== undefined) return ports.find(({ name }) => name === portName);
  // A number may be there for TCP and for UDP.
  const numbered = ports.filter((one) => one.port === port);
  return numbered.find(({ protocol }) => (protocol ?? 'TCP') === 'TCP') ?? numbered[0];
}

function portNotFound({ spec }: ServiceObject, wanted: WantedPort): ServiceAddresses {
  const known = (spec?.ports ?? []).map(({ name, port }) => (name === undefined ? String(port) : `${port} (${name})`));
  const remedy = known.length === 0 ? 'it has none' : `it has ${known.slice(0, 10).join(', ')}`;
  return { kind: 'Unresolved', reason: 'PortNotFound', message: `has no port ${shown(wanted)} (${remedy})` };
}

function shown({ port, portName }: WantedPort): string {
  return portName === undefined ? String(port) : JSON.stringify(portName);
}

interface Candidate extends ServiceEndpoint {
  readonly isReady: boolean;
}

function endpointsOf(
  service: ServiceObject,
  slices: readonly EndpointSliceObject[],
  portName: string,
): readonly ServiceEndpoint[] {
  const families = familiesOf(service).map((family) => candidatesIn(family, slices, portName));
  const ready = families.map((all) => all.filter(({ isReady }) => isReady));
  // One family, as a pod has an address in each: the first that has what is looked for.
  const used = [...ready, ...families].find((candidates) => candidates.length > 0) ?? [];
  return used
    .toSorted((a, b) => (a.url < b.url ? -1 : a.url > b.url ? 1 : 0))
    .map(({ url, zones }) => ({ url, zones }));
}

/** In the order in which the Service prefers them. */
function familiesOf({ spec }: ServiceObject): readonly string[] {
  return [...new Set([...(spec?.ipFamilies ?? []), 'IPv4', 'IPv6', 'FQDN'])];
}

function candidatesIn(family: string, slices: readonly EndpointSliceObject[], portName: string): readonly Candidate[] {
  const candidates = new Map<string, Candidate>();
  for (const slice of slices) {
    if (slice.addressType !== family) continue;
    for (const candidate of candidatesOf(slice, portName)) {
      // An endpoint that moves between slices is in both for a while.
      if (candidates.get(candidate.url)?.isReady !== true) candidates.set(candidate.url, candidate);
    }
  }
  return [...candidates.values()];
}

function candidatesOf(slice: EndpointSliceObject, portName: string): readonly Candidate[] {
  const port = slice.ports?.find(({ name, protocol }) => (name ?? '') === portName && (protocol ?? 'TCP') === 'TCP');
  const number = port?.port;
  if (number === undefined) return [];
  return (slice.endpoints ?? []).flatMap((endpoint) => {
    // All addresses of an endpoint are the same thing: the first stands for it, as in kube-proxy.
    const [address] = endpoint.addresses ?? [];
    const isReady = endpoint.conditions?.ready ?? true;
    if (address === undefined || (!isReady && !servesWhileEnding(endpoint))) return [];
    const host = slice.addressType === 'IPv6' ? `[${address}]` : address;
    const zones = endpoint.hints?.forZones?.map(({ name }) => name).toSorted() ?? null;
    return [{ url: `tcp://${host}:${number}`, zones, isReady }];
  });
}

function servesWhileEnding({ conditions }: SliceEndpoint): boolean {
  return conditions?.terminating === true && conditions.serving === true;
}
