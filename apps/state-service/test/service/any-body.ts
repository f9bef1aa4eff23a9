/** The bodies of answers, all in one: a test knows which it asked for, and the client has held it to the document already. */
import type { AclRuleResource } from '@sluice/contract/state-api/acl-rule-resource.ts';
import type { CreatedApiKeyResource } from '@sluice/contract/state-api/api-key-resource.ts';
import type { AuditEntryResource } from '@sluice/contract/state-api/audit-entry-resource.ts';
import type { CredentialResource } from '@sluice/contract/state-api/credential-resource.ts';
import type { GroupResource } from '@sluice/contract/state-api/group-resource.ts';
import type { Problem } from '@sluice/contract/state-api/problem.ts';
import type { UserResource } from '@sluice/contract/state-api/user-resource.ts';

type Together = Omit<AclRuleResource, 'id'> &
  Omit<CreatedApiKeyResource, 'id'> &
  Omit<GroupResource, 'name'> &
  Omit<UserResource, 'name'> &
  Omit<CredentialResource, 'id' | 'kind'> &
  Omit<AuditEntryResource, 'id' | 'name' | 'kind'> &
  Omit<Problem, 'status' | 'requestId'>;

export interface AnyBody extends Together {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly connections: number;
  readonly status: number | string;
  readonly reason?: string;
  readonly items: readonly AnyBody[];
  readonly next?: string;
}
