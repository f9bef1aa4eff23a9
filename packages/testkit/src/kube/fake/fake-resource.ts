/**
 * The kinds that the fake serves, by a table: what differs from kind to kind in the real API, as far as clients see it. Schemas
 * are not checked: what a CRD refuses is proved on a real API server.
 */

/** How server-side apply treats a list; any other list is one value. */
export type ListKind = { readonly kind: 'Map'; readonly keys: readonly string[] } | { readonly kind: 'Set' };

export interface FakeResource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** `status` can be written at `/status` only, and nothing else there. */
  readonly hasStatus: boolean;
  /** `metadata.generation` counts changes of what is neither metadata nor status. */
  readonly hasGeneration: boolean;
  /** A PUT needs no `metadata.resourceVersion`. */
  readonly allowsUnconditionalUpdate: boolean;
  /** By the path of the field, dots between: `status.conditions`. */
  readonly lists?: Readonly<Record<string, ListKind>>;
  /** Paths for `fieldSelector` beside `metadata.name` and `metadata.namespace`. */
  readonly selectableFields?: readonly string[];
  /** Of a CRD: items of a list say their kind; those of built-in kinds do not. */
  readonly isCustom: boolean;
}

const conditions = { 'status.conditions': { kind: 'Map', keys: ['type'] } } as const;

type ResourceNames = Pick<FakeResource, 'group' | 'version' | 'plural' | 'kind'>;
type Nature = Omit<FakeResource, keyof ResourceNames>;

/** As a CRD with a status subresource makes it. */
const custom: Nature = {
  namespaced: true,
  hasStatus: true,
  hasGeneration: true,
  allowsUnconditionalUpdate: false,
  isCustom: true,
  lists: conditions,
};
const native: Nature = {
  namespaced: true,
  hasStatus: false,
  hasGeneration: false,
  allowsUnconditionalUpdate: true,
  isCustom: false,
};

export function customResource(names: ResourceNames, differences: Partial<Nature> = {}): FakeResource {
  return { ...names, ...custom, ...differences };
}

function builtIn(names: ResourceNames, differences: Partial<Nature> = {}): FakeResource {
  return { ...names, ...native, ...differences };
}

export const namespaceResource = builtIn(
  { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace' },
  { namespaced: false, hasStatus: true },
);

/** The built-in kinds that an operator meets. */
export const builtInResources: readonly FakeResource[] = [
  namespaceResource,
  builtIn({ group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap' }),
  builtIn({ group: '', version: 'v1', plural: 'secrets', kind: 'Secret' }, { selectableFields: ['type'] }),
  builtIn(
    { group: '', version: 'v1', plural: 'services', kind: 'Service' },
    { hasStatus: true, lists: { ...conditions, 'spec.ports': { kind: 'Map', keys: ['port', 'protocol'] } } },
  ),
  builtIn({ group: '', version: 'v1', plural: 'pods', kind: 'Pod' }, { hasStatus: true, lists: conditions }),
  builtIn({ group: 'discovery.k8s.io', version: 'v1', plural: 'endpointslices', kind: 'EndpointSlice' }),
  builtIn(
    { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', kind: 'Lease' },
    { allowsUnconditionalUpdate: false },
  ),
  builtIn({ group: 'events.k8s.io', version: 'v1', plural: 'events', kind: 'Event' }),
];

export function apiVersionOf({ group, version }: Pick<FakeResource, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`;
}

/** `widgets.testing.sluice.dev`: as messages of the API name a kind. */
export function qualifiedName({ plural, group }: FakeResource): string {
  return group === '' ? plural : `${plural}.${group}`;
}
