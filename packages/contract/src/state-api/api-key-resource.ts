/** A key of the REST interface: who uses it, what for, how long. The key itself is in the answer to its creation, once. */
import { type Static, Type } from 'typebox';
import { scopes } from './api-scope.ts';
import { idSchema, noteSchema, timestampSchema, versionSchema } from './resource-fields.ts';

const clientSchema = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern: '^[A-Za-z0-9._-]+$',
  description: 'Who uses it. A client has two live keys at most, so that it can change over.',
});
const scopesSchema = Type.Array(Type.Enum([...scopes], { type: 'string', description: 'A scope.' }), {
  minItems: 1,
  maxItems: 32,
  uniqueItems: true,
  description: 'What it may do; never more than the key that creates it.',
});
const expiresAt = timestampSchema('From this moment on it is refused; absent: never.');
const comment = noteSchema('What it is for.');

/** POST /v1/api-keys */
export const apiKeyCreationSchema = Type.Object(
  {
    client: clientSchema,
    scopes: scopesSchema,
    expiresAt: Type.Optional(expiresAt),
    comment: Type.Optional(comment),
  },
  { additionalProperties: false, description: 'A key to create.' },
);

/** POST /v1/api-keys/{id}/successor */
export const apiKeySuccessionSchema = Type.Object(
  { expiresAt: Type.Optional(expiresAt) },
  { additionalProperties: false, description: 'A second key with the client, scopes and comment of the first.' },
);

const resourceFields = {
  id: idSchema,
  client: clientSchema,
  scopes: scopesSchema,
  expiresAt: Type.Optional(expiresAt),
  comment: Type.Optional(comment),
  version: versionSchema,
  createdAt: timestampSchema('When it was created.'),
  revokedAt: Type.Optional(timestampSchema('When it was revoked; absent: it was not.')),
  lastUsedAt: Type.Optional(timestampSchema('When it was used last, written some seconds later; absent: never.')),
};

export const apiKeyResourceSchema = Type.Object(resourceFields, {
  additionalProperties: false,
  description: 'A key, without its secret.',
});

export const createdApiKeySchema = Type.Object(
  {
    ...resourceFields,
    key: Type.String({ maxLength: 256, description: 'The key, to be sent as `Authorization: Bearer …`. Shown once.' }),
  },
  { additionalProperties: false, description: 'A new key.' },
);

export type ApiKeyResource = Static<typeof apiKeyResourceSchema>;
export type CreatedApiKeyResource = Static<typeof createdApiKeySchema>;
