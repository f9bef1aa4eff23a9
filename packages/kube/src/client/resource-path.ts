/** Where the API server serves an object, and what a request asks of it in its query. Pure. */
import type { ListOptions, Selection, Subresource, WatchOptions } from '../port/kube-client.ts';
import type { ObjectName } from '../port/kube-object.ts';
import type { Resource } from '../port/resource.ts';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** `group/version`, as `apiVersion` says it. */
export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** Of all objects, or those of one namespace. */
export function collectionPath(resource: Resource, namespace: string | undefined): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${apiVersionOf(resource)}`;
  const scope = resource.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${scope}/${resource.plural}`;
}

/** Of one object; throws if a namespaced one has no namespace, which would address another thing. */
export function objectPath(resource: Resource, name: ObjectName, subresource?: Subresource): string {
  if (name.name === '' || (resource.namespaced && (name.namespace ?? '') === '')) {
    throw new TypeError(
      `an object of ${resource.plural} is addressed without its ${name.name === '' ? 'name' : 'namespace'}`,
    );
  }
  const path = `${collectionPath(resource, name.namespace)}/${encodeURIComponent(name.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

export function withQuery(path: string, query: Query): string {
  const entries = Object.entries(query).filter((entry) => entry[1] !== undefined);
  if (entries.length === 0) return path;
  return `${path}?${new URLSearchParams(entries.map(([name, value]) => [name, String(value)])).toString()}`;
}

function selectionQuery({ labelSelector, fieldSelector }: Selection): Query {
  return { labelSelector, fieldSelector };
}

/** No resource version: the server answers with the newest state, never with one that went back in time. */
export function listQuery(options: ListOptions): Query {
  return { ...selectionQuery(options), limit: options.limit, continue: options.continueToken };
}

export function watchQuery(options: WatchOptions): Query {
  return {
    ...selectionQuery(options),
    watch: true,
    allowWatchBookmarks: true,
    resourceVersion: options.resourceVersion,
    timeoutSeconds: options.timeoutSeconds,
  };
}
