/** What a key may do: everything of a kind (`read`, `write`, `admin`), or that on one resource (`users:read`). Pure. */

export const scopeResources = ['users', 'credentials', 'groups', 'acl', 'quotas', 'keys', 'audit'] as const;
export type ScopeResource = (typeof scopeResources)[number];

/** `write` includes `read`; `admin` includes both, and alone reaches keys and the audit log. */
export type ScopeAction = 'read' | 'write';

export const scopes = [
  'read',
  'write',
  'admin',
  ...scopeResources.flatMap((resource) => [`${resource}:read`, `${resource}:write`] as const),
] as const;
export type Scope = 'read' | 'write' | 'admin' | `${ScopeResource}:${ScopeAction}`;

/** Keys and the audit log say who may do what and who did what: `read` and `write` do not include them. */
const guarded: ReadonlySet<ScopeResource> = new Set(['keys', 'audit']);

export function isScope(text: string): text is Scope {
  return (scopes as readonly string[]).includes(text);
}

/** Whether a key with `granted` may do `action` on `resource`. */
export function allowsScope(granted: readonly Scope[], resource: ScopeResource, action: ScopeAction): boolean {
  const sufficient: Scope[] = ['admin', `${resource}:write`];
  if (action === 'read') sufficient.push(`${resource}:read`);
  if (!guarded.has(resource)) sufficient.push('write');
  if (!guarded.has(resource) && action === 'read') sufficient.push('read');
  return sufficient.some((scope) => granted.includes(scope));
}

/** Whether whoever holds `holder` may give `wanted` to another: never more than it can do itself. */
export function mayGrant(holder: readonly Scope[], wanted: readonly Scope[]): boolean {
  if (holder.includes('admin')) return true;
  return wanted.every((scope) => grants(holder, scope));
}

function grants(holder: readonly Scope[], scope: Scope): boolean {
  if (scope === 'admin') return false;
  if (scope === 'read') return holder.includes('read') || holder.includes('write');
  if (scope === 'write') return holder.includes('write');
  const [resource, action] = scope.split(':') as [ScopeResource, ScopeAction];
  return allowsScope(holder, resource, action);
}
