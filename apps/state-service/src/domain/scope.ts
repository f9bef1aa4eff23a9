/** What the scopes of a key let it do and give away. Pure; which scopes there are is the contract's. */
import type { Scope, ScopeAction, ScopeResource } from '@sluice/contract/state-api/api-scope.ts';

/** Keys and the audit log say who may do what and who did what: `read` and `write` do not include them. */
const guarded: ReadonlySet<ScopeResource> = new Set(['keys', 'audit']);

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
