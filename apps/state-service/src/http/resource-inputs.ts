/** What a body says, as the store takes it: every default in place, null for what is left out. Pure. */
import type { aclRuleReplacementSchema } from '@sluice/contract/state-api/acl-rule-resource.ts';
import type { groupReplacementSchema } from '@sluice/contract/state-api/group-resource.ts';
import type { userReplacementSchema } from '@sluice/contract/state-api/user-resource.ts';
import type { Static } from 'typebox';
import type { AclRuleInput } from '../domain/acl-rule.ts';
import type { GroupInput } from '../domain/group.ts';
import type { UserInput } from '../domain/user.ts';

export function userInputOf(body: Static<typeof userReplacementSchema>): Omit<UserInput, 'name'> {
  const { enabled = true, destinations = 'Public', groups = [], quota = null, onRevoke = 'Keep' } = body;
  return { enabled, destinations, groups, quota, onRevoke, managedBy: body.managedBy ?? null };
}

export function groupInputOf(body: Static<typeof groupReplacementSchema>): Omit<GroupInput, 'name'> {
  return { description: body.description ?? null, quota: body.quota ?? null };
}

export function aclMatchOf(body: Static<typeof aclRuleReplacementSchema>): Omit<AclRuleInput, 'subject'> {
  const { domains = null, cidrs = null, ports = null, comment = null } = body;
  return { domains, cidrs, ports, comment };
}
