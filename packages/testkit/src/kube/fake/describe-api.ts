/** What the API says about itself: discovery, version and health. Pure. */
import { apiVersionOf, type FakeResource } from './fake-resource.ts';
import type { JsonObject } from './json-object.ts';

const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];

function resourceList(groupVersion: string, resources: readonly FakeResource[]): JsonObject {
  const entries = resources.flatMap(({ plural, kind, namespaced, hasStatus }) => [
    { name: plural, singularName: kind.toLowerCase(), namespaced, kind, verbs },
    ...(hasStatus
      ? [{ name: `${plural}/status`, singularName: '', namespaced, kind, verbs: ['get', 'patch', 'update'] }]
      : []),
  ]);
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: entries };
}

function groupList(resources: readonly FakeResource[]): JsonObject {
  const groups = Map.groupBy(
    resources.filter(({ group }) => group !== ''),
    ({ group }) => group,
  );
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: [...groups].map(([name, members]) => {
      const versions = [...new Set(members.map(({ version }) => version))].map((version) => ({
        groupVersion: `${name}/${version}`,
        version,
      }));
      return { name, versions, preferredVersion: versions[0] };
    }),
  };
}

/** The answer for a path that is none of an object; null: there is nothing at this path. */
export function describeApi(path: string, resources: readonly FakeResource[]): JsonObject | string | null {
  if (path === '/readyz' || path === '/livez' || path === '/healthz') return 'ok';
  if (path === '/version') return { major: '1', minor: '36', gitVersion: 'v1.36.3', platform: 'linux/amd64' };
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] };
  if (path === '/apis') return groupList(resources);
  const groupVersion = path.replace(/^\/apis?\//, '');
  const members = resources.filter((resource) => apiVersionOf(resource) === groupVersion);
  return members.length === 0 ? null : resourceList(groupVersion, members);
}
