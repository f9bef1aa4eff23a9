/** One change that was made: who, when, what, before and after. */
import { type Static, Type } from 'typebox';
import { timestampSchema } from './resource-fields.ts';

export const auditedKinds = ['User', 'Credential', 'Group', 'AclRule', 'ApiKey'] as const;
const stateSchema = Type.Record(Type.String(), Type.Unknown(), { description: 'The resource, without secrets.' });

export const auditEntryResourceSchema = Type.Object(
  {
    id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'Its place in the log.' }),
    at: timestampSchema('When.'),
    actor: Type.String({ maxLength: 128, description: 'The API key, or what else acted.' }),
    requestId: Type.String({ maxLength: 64, description: 'The request, as in the log lines.' }),
    action: Type.Enum(['Created', 'Updated', 'Deleted', 'Revoked', 'Imported'], {
      type: 'string',
      description: 'What was done.',
    }),
    kind: Type.Enum(auditedKinds, { type: 'string', description: 'To what kind of resource.' }),
    name: Type.String({ maxLength: 255, description: "Its name or id; of a credential, the user's name." }),
    before: Type.Optional(stateSchema),
    after: Type.Optional(stateSchema),
  },
  { additionalProperties: false, description: 'A change.' },
);

export type AuditEntryResource = Static<typeof auditEntryResourceSchema>;
