/** ProxyUsers and stored users as tests write them down. */
import type { ProxyUserSpec } from '@sluice/contract/user.ts';
import type { UserSpecResource } from '@sluice/contract/state-api/user-spec-resource.ts';
import type { SluiceObject } from '../../src/specs/kube-objects.ts';
import type { StoredUser } from '../../src/users/state-api.ts';

export const scryptVerifier =
  '$scrypt$ln=15,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g';

export function proxyUser(metadata: Partial<SluiceObject['metadata']> = {}, spec: unknown = {}): SluiceObject {
  return {
    metadata: {
      name: 'alice',
      namespace: 'team-a',
      uid: 'uid-1',
      resourceVersion: '7',
      generation: 1,
      creationTimestamp: '2026-11-27T06:00:00Z',
      ...metadata,
    },
    spec,
  };
}

export function specOf(fields: Partial<ProxyUserSpec> = {}): ProxyUserSpec {
  return { password: { scrypt: scryptVerifier }, onRevoke: 'Keep', ...fields };
}

export function storedUser(fields: Partial<UserSpecResource> = {}): StoredUser {
  const at = '2026-11-27T06:00:00.000Z';
  const user: UserSpecResource = {
    name: 'alice',
    enabled: true,
    destinations: 'Public',
    groups: [],
    onRevoke: 'Keep',
    version: 3,
    createdAt: at,
    updatedAt: at,
    managedBy: 'sluice-operator/team-a',
    managedRevision: 'uid-1/1/v1',
    isEdited: false,
    generation: 5,
    credentials: [{ id: 'c1', kind: 'scrypt', version: 4, createdAt: at }],
    rules: [],
    ...fields,
  };
  return { user, tag: 'tag-1' };
}
