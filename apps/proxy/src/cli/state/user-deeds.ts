/** `sluice user …`: what its commands do. */
import { aclRuleResourceSchema } from '@sluice/contract/state-api/acl-rule-resource.ts';
import { credentialListSchema, credentialResourceSchema } from '@sluice/contract/state-api/credential-resource.ts';
import { pageSchema } from '@sluice/contract/state-api/page.ts';
import { type UserResource, userResourceSchema } from '@sluice/contract/state-api/user-resource.ts';
import { utf8Length } from '@sluice/contract/text-measure.ts';
import { type DeedSession, ifMatch, report } from './deed-session.ts';
import { printList } from './print-list.ts';
import { ruleColumns } from './rule-deeds.ts';
import { StateProblemError } from './state-client-error.ts';
import type { PasswordChange, SecretKind, UserAddition, UserDeed, UserListing } from './state-deed.ts';
import { UsageError } from '@sluice/runtime/command/usage-error.ts';
import { userText } from './user-text.ts';

/** What SOCKS5 and HTTP Basic carry (RFC 1929): a longer one could never be used. */
const maxPasswordBytes = 255;

const userColumns = {
  headings: ['NAME', 'ENABLED', 'DESTINATIONS', 'GROUPS', 'CONNECTIONS', 'ON-REVOKE', 'MANAGED-BY', 'UPDATED'],
  cells: ({ name, enabled, destinations, groups, quota, onRevoke, managedBy, updatedAt }: UserResource) => [
    name,
    enabled ? 'yes' : 'no',
    destinations,
    groups.join(' '),
    quota === undefined ? '' : String(quota.connections),
    onRevoke,
    managedBy ?? '',
    updatedAt,
  ],
  none: 'no users',
};

export async function doUserDeed(deed: UserDeed, session: DeedSession): Promise<void> {
  const { client } = session;
  switch (deed.kind) {
    case 'AddUser':
      return await addUser(deed, session);
    case 'SetPassword':
      return await setPassword(deed, session);
    case 'ListUsers':
      return await printList(
        client.pages('/v1/users', listQuery(deed), pageSchema(userResourceSchema)),
        userColumns,
        session,
      );
    case 'ShowUser':
      return await showUser(deed.name, session);
    case 'RemoveUser':
      await client.remove(userPath(deed.name), ifMatch(deed.version));
      return report(session, { name: deed.name, isDeleted: true }, `deleted user ${deed.name}`);
    case 'SwitchUser': {
      const { name, enabled, version } = deed;
      const { sent } = await client.change(
        { method: 'PATCH', path: userPath(name), body: { enabled }, ifMatch: ifMatch(version) },
        userResourceSchema,
      );
      return report(session, sent, `${enabled ? 'enabled' : 'disabled'} user ${name}`);
    }
  }
}

function userPath(name: string): string {
  return `/v1/users/${encodeURIComponent(name)}`;
}

function listQuery({ group, namePrefix, enabled }: UserListing): Readonly<Record<string, string>> {
  return {
    ...(group === null ? {} : { group }),
    ...(namePrefix === null ? {} : { namePrefix }),
    ...(enabled === null ? {} : { enabled: String(enabled) }),
  };
}

/** The secret is read first: whoever thinks better of it has changed nothing. */
async function addUser(deed: UserAddition, session: DeedSession): Promise<void> {
  const credential = deed.secret === null ? null : await readCredential(deed.secret, deed.notAfter, session);
  const { name, isEnabled, destinations, groups, connections, onRevoke } = deed;
  const body = {
    name,
    enabled: isEnabled,
    groups,
    ...(destinations === null ? {} : { destinations }),
    ...(connections === null ? {} : { quota: { connections } }),
    ...(onRevoke === null ? {} : { onRevoke }),
  };
  const { sent } = await session.client.create('/v1/users', body, userResourceSchema);
  if (credential !== null) await addFirstCredential(name, credential, session);
  report(session, sent, `created user ${name}`);
  if (credential === null) session.note(`nobody can log in as ${name} before: sluice user passwd ${name}`);
}

async function addFirstCredential(name: string, credential: unknown, { client, note }: DeedSession): Promise<void> {
  try {
    await client.create(`${userPath(name)}/credentials`, credential, credentialResourceSchema);
  } catch (error) {
    note(`the user ${name} was created, but not its credential: repeat with sluice user passwd ${name}`);
    throw error;
  }
}

async function setPassword(deed: PasswordChange, session: DeedSession): Promise<void> {
  const { name, secret, keepsOthers, notAfter } = deed;
  const { client } = session;
  const path = `${userPath(name)}/credentials`;
  // Before the question: a name that is not there is not worth a password.
  const { etag } = await client.read(path, credentialListSchema);
  const credential = await readCredential(secret, notAfter, session);
  if (keepsOthers) {
    const { sent } = await client.create(path, credential, credentialResourceSchema);
    return report(session, sent, `added a credential to user ${name}`);
  }
  const body = { credentials: [credential] };
  const { sent } = await client.change({ method: 'PUT', path, body, ifMatch: etag }, credentialListSchema);
  return report(session, sent, `set the password of user ${name}`);
}

async function readCredential(
  kind: SecretKind,
  notAfter: string | null,
  session: DeedSession,
): Promise<Readonly<Record<string, string>>> {
  const secret = await session.readSecret(kind);
  const validity = notAfter === null ? {} : { notAfter };
  if (kind === 'Verifier') return { verifier: secret, ...validity };
  if (utf8Length(secret) <= maxPasswordBytes) return { password: secret, ...validity };
  throw new UsageError(`the password is longer than ${maxPasswordBytes} bytes, which no client can send`);
}

async function showUser(name: string, session: DeedSession): Promise<void> {
  const { client, isJson, out } = session;
  const user = await client.read(userPath(name), userResourceSchema);
  const credentials = await readAllowed(() => client.read(`${userPath(name)}/credentials`, credentialListSchema));
  const rules = await readAllowed(async () => {
    // One page: a user of more than 500 rules is for `acl list`.
    for await (const page of client.pages('/v1/acl-rules', { user: name }, pageSchema(aclRuleResourceSchema)))
      return page;
    return null;
  });
  if (isJson) {
    const parts = { credentials: credentials?.resource.items ?? null, rules: rules?.resource.items ?? null };
    out(`${JSON.stringify({ user: user.sent, ...parts })}\n`);
    return;
  }
  out(
    userText({
      user: user.resource,
      credentials: credentials?.resource.items ?? null,
      rules: rules?.resource.items.map(ruleColumns.cells) ?? null,
      ruleHeadings: ruleColumns.headings,
    }),
  );
}

/** null: the key may not read that. */
async function readAllowed<Result>(read: () => Promise<Result>): Promise<Result | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof StateProblemError && error.problem.status === 403) return null;
    throw error;
  }
}
