/** What rules of RBAC give and what requests of an audit log took, in the same words: `verb group/resource name`. Pure. */
import type { AuditEvent } from '@sluice/testkit/kube/kube-api.ts';
import type { Manifest } from '../chart/manifest.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

const roleKinds: ReadonlySet<string> = new Set(['Role', 'ClusterRole']);

function wordOf(parts: {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly name?: string;
}): string {
  const { verb, group, resource, name } = parts;
  return [verb, `${group}/${resource}`, ...(name === undefined ? [] : [name])].join(' ');
}

function wordsOf({ apiGroups, resources, verbs, resourceNames }: Rule): readonly string[] {
  const names = resourceNames ?? [undefined];
  return apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      verbs.flatMap((verb) =>
        names.map((name) => wordOf({ verb, group, resource, ...(name === undefined ? {} : { name }) })),
      ),
    ),
  );
}

/** Every grant of the roles, once. */
export function grantsOf(manifests: readonly Manifest[]): ReadonlySet<string> {
  const roles = manifests.filter(({ kind }) => roleKinds.has(kind));
  return new Set(roles.flatMap((role) => (role['rules'] as readonly Rule[]).flatMap(wordsOf)));
}

/** Without and with the object's name: a grant may have either form. */
function requestWords({ verb, objectRef }: AuditEvent): readonly [string, string] {
  const { apiGroup: group = '', resource = '', subresource, name = '' } = objectRef ?? {};
  const full = subresource === undefined ? resource : `${resource}/${subresource}`;
  return [wordOf({ verb, group, resource: full }), wordOf({ verb, group, resource: full, name })];
}

export interface Comparison {
  /** Granted, and no request needed it. */
  readonly unused: readonly string[];
  /** Asked for beyond the grants, whoever else may have allowed it. */
  readonly ungranted: readonly string[];
}

export function compareGrants(grants: ReadonlySet<string>, requests: readonly AuditEvent[]): Comparison {
  const used = new Set<string>();
  const ungranted = new Set<string>();
  for (const request of requests) {
    const covering = requestWords(request).filter((word) => grants.has(word));
    for (const word of covering) used.add(word);
    if (covering.length === 0) ungranted.add(`${request.verb} ${request.requestURI}`);
  }
  return { unused: [...grants].filter((grant) => !used.has(grant)), ungranted: [...ungranted] };
}
