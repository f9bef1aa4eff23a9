/** A credential of a user: made from a password or from a verifier, and never readable afterwards. */
import { type Static, Type } from 'typebox';
import { verifierAlgorithms } from '../verifier-algorithm.ts';
import { idSchema, timestampSchema, versionSchema } from './resource-fields.ts';

const notAfter = timestampSchema('From this moment on it is refused; absent: never.');

/** POST /v1/users/{name}/credentials: exactly one of `password` and `verifier`. */
export const credentialCreationSchema = Type.Object(
  {
    password: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        description: 'Hashed with argon2id and forgotten.',
        writeOnly: true,
      }),
    ),
    verifier: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 256,
        description: 'An argon2id, scrypt or bcrypt verifier as it stands: `$argon2id$…`, `$scrypt$…`, `$2b$…`.',
        writeOnly: true,
      }),
    ),
    notAfter: Type.Optional(notAfter),
  },
  { additionalProperties: false, description: 'A credential to add; exactly one of password and verifier.' },
);

export const credentialResourceSchema = Type.Object(
  {
    id: idSchema,
    kind: Type.Enum(verifierAlgorithms, { type: 'string', description: 'The algorithm of the verifier.' }),
    notAfter: Type.Optional(notAfter),
    version: versionSchema,
    createdAt: timestampSchema('When it was added.'),
  },
  { additionalProperties: false, description: 'A credential, without what it checks.' },
);

/** PUT /v1/users/{name}/credentials: a password set anew. */
export const credentialListReplacementSchema = Type.Object(
  {
    credentials: Type.Array(credentialCreationSchema, { maxItems: 8, description: 'Instead of all there were.' }),
  },
  { additionalProperties: false, description: 'The credentials of a user, all of them.' },
);

/** All credentials of a user: eight at most, so there are no pages. */
export const credentialListSchema = Type.Object(
  { items: Type.Array(credentialResourceSchema, { maxItems: 8, description: 'The oldest first.' }) },
  { additionalProperties: false, description: 'The credentials of a user.' },
);

export type CredentialCreation = Static<typeof credentialCreationSchema>;
export type CredentialResource = Static<typeof credentialResourceSchema>;
