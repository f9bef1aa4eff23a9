/** What an API key may do: everything of a kind (`read`, `write`, `admin`), or that on one resource (`users:read`). */

export const scopeResources = ['users', 'credentials', 'groups', 'acl', 'quotas', 'keys', 'audit'] as const;
export type ScopeResource = (typeof scopeResources)[number];

/** `write` includes `read`; `admin` includes both, and alone reaches keys and the audit log. */
export type ScopeAction = 'read' | 'write';

export type Scope = 'read' | 'write' | 'admin' | `${ScopeResource}:${ScopeAction}`;

export const scopes: readonly Scope[] = [
  'read',
  'write',
  'admin',
  ...scopeResources.flatMap((resource) => [`${resource}:read`, `${resource}:write`] as const),
];
