/** What the store keeps, as the bodies of answers show it: what is not there is absent rather than null. Pure. */
import type { AclRuleResource } from '@sluice/contract/state-api/acl-rule-resource.ts';
import type { ApiKeyResource } from '@sluice/contract/state-api/api-key-resource.ts';
import type { AuditEntryResource } from '@sluice/contract/state-api/audit-entry-resource.ts';
import type { CredentialResource } from '@sluice/contract/state-api/credential-resource.ts';
import type { GroupResource } from '@sluice/contract/state-api/group-resource.ts';
import type { UserResource } from '@sluice/contract/state-api/user-resource.ts';
import type { UserSpecResource } from '@sluice/contract/state-api/user-spec-resource.ts';
import type { AclRule, AclRuleInput } from '../domain/acl-rule.ts';
import type { ApiKey } from '../domain/api-key.ts';
import type { AuditEntry } from '../domain/audit-entry.ts';
import type { Credential } from '../domain/credential.ts';
import type { Group, GroupInput } from '../domain/group.ts';
import type { User, UserInput } from '../domain/user.ts';
import type { OwnRuleInput, WholeUser } from '../domain/whole-user.ts';

/** The entries whose value is not null. */
type Given<Fields> = { [Key in keyof Fields]?: Exclude<Fields[Key], null> };

function given<Fields extends object>(fields: Fields): Given<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as Given<Fields>;
}

/** What a client says about a user. */
export function userFields({ name, enabled, destinations, groups, quota, onRevoke, managedBy }: UserInput) {
  return { name, enabled, destinations, groups: [...groups], ...given({ quota }), onRevoke, ...given({ managedBy }) };
}

export function userBody(user: User): UserResource {
  const { version, createdAt, updatedAt } = user;
  return { ...userFields(user), version, createdAt, updatedAt };
}

/** The rules without whose they are, which the body as a whole says. */
export function wholeUserBody(whole: WholeUser): UserSpecResource {
  const { user, managedRevision, isEdited, generation, credentials, rules } = whole;
  return {
    ...userBody(user),
    ...given({ managedRevision }),
    isEdited,
    generation,
    credentials: credentials.map(credentialBody),
    rules: rules.map(({ id, ...rule }) => ({ id, ...aclMatchFields(rule) })),
  };
}

export function groupFields({ name, description, quota }: GroupInput) {
  return { name, ...given({ description, quota }) };
}

export function groupBody(group: Group): GroupResource {
  const { version, createdAt, updatedAt } = group;
  return { ...groupFields(group), version, createdAt, updatedAt };
}

export function credentialBody({ id, kind, notAfter, version, createdAt }: Credential): CredentialResource {
  return { id, kind, ...given({ notAfter }), version, createdAt };
}

export function aclRuleFields({ subject, ...match }: AclRuleInput) {
  return { ...subject, ...aclMatchFields(match) };
}

function aclMatchFields({ domains, cidrs, ports, comment }: OwnRuleInput) {
  const lists = given({ domains, cidrs, ports });
  return {
    ...(lists.domains === undefined ? {} : { domains: [...lists.domains] }),
    ...(lists.cidrs === undefined ? {} : { cidrs: [...lists.cidrs] }),
    ...(lists.ports === undefined ? {} : { ports: [...lists.ports] }),
    ...given({ comment }),
  };
}

export function aclRuleBody(rule: AclRule): AclRuleResource {
  const { id, version, createdAt, updatedAt } = rule;
  return { id, ...aclRuleFields(rule), version, createdAt, updatedAt };
}

export function apiKeyBody(key: ApiKey): ApiKeyResource {
  const { id, client, scopes, expiresAt, comment, version, createdAt, revokedAt, lastUsedAt } = key;
  return {
    id,
    client,
    scopes: [...scopes],
    ...given({ expiresAt, comment }),
    version,
    createdAt,
    ...given({ revokedAt, lastUsedAt }),
  };
}

export function auditEntryBody(entry: AuditEntry): AuditEntryResource {
  const { id, at, actor, requestId, action, kind, name, before, after } = entry;
  return { id, at, actor, requestId, action, kind, name, ...given({ before, after }) };
}
