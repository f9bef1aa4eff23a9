/** `sluice key …`: what its commands do. A new key is alone on standard output, so that it can be sent to a file. */
import {
  type ApiKeyResource,
  apiKeyResourceSchema,
  type CreatedApiKeyResource,
  createdApiKeySchema,
} from '@sluice/contract/state-api/api-key-resource.ts';
import { pageSchema } from '@sluice/contract/state-api/page.ts';
import { type DeedSession, ifMatch, report } from './deed-session.ts';
import { printList } from './print-list.ts';
import type { KeyDeed } from './state-deed.ts';

const keyColumns = {
  headings: ['ID', 'CLIENT', 'SCOPES', 'EXPIRES', 'REVOKED', 'LAST-USED', 'COMMENT'],
  cells: ({ id, client, scopes, expiresAt, revokedAt, lastUsedAt, comment }: ApiKeyResource) => [
    id,
    client,
    scopes.join(' '),
    expiresAt ?? 'never',
    revokedAt ?? '',
    lastUsedAt ?? 'never',
    comment ?? '',
  ],
  none: 'no keys',
};

export async function doKeyDeed(deed: KeyDeed, session: DeedSession): Promise<void> {
  const { client } = session;
  switch (deed.kind) {
    case 'CreateKey': {
      const { client: owner, scopes, expiresAt, comment } = deed;
      const body = { client: owner, scopes, ...expiry(expiresAt), ...(comment === null ? {} : { comment }) };
      const { resource, sent } = await client.create('/v1/api-keys', body, createdApiKeySchema);
      return reportKey(session, resource, sent);
    }
    case 'ListKeys': {
      const query = {
        ...(deed.client === null ? {} : { client: deed.client }),
        ...(deed.isLiveOnly ? { liveOnly: 'true' } : {}),
      };
      const pages = client.pages('/v1/api-keys', query, pageSchema(apiKeyResourceSchema));
      return await printList(pages, keyColumns, session);
    }
    case 'RotateKey': {
      const path = `/v1/api-keys/${deed.id}/successor`;
      const { resource, sent } = await client.create(path, expiry(deed.expiresAt), createdApiKeySchema);
      reportKey(session, resource, sent);
      return session.note(`when the new key is in use, end the old one: sluice key revoke ${deed.id}`);
    }
    case 'RevokeKey':
      await client.remove(`/v1/api-keys/${deed.id}`, ifMatch(deed.version));
      return report(session, { id: deed.id, isRevoked: true }, `revoked key ${deed.id}`);
  }
}

function expiry(expiresAt: string | null): { readonly expiresAt?: string } {
  return expiresAt === null ? {} : { expiresAt };
}

function reportKey(session: DeedSession, { id, client, key }: CreatedApiKeyResource, sent: unknown): void {
  session.note(`key ${id} of ${client}; it is shown this once:`);
  report(session, sent, key);
}
