/** Lines of a bulk import and export: newline-delimited JSON, one resource each, and one line of result for each. */
import { type Static, Type } from 'typebox';
import { userSpecSchema } from '../user.ts';
import { aclRuleCreationSchema } from './acl-rule-resource.ts';
import { groupCreationSchema } from './group-resource.ts';
import { fieldErrorSchema } from './problem.ts';
import { idSchema } from './resource-fields.ts';
import { userCreationSchema } from './user-resource.ts';

export const transferKinds = ['Group', 'User', 'AclRule'] as const;
export type TransferKind = (typeof transferKinds)[number];

const kind = Type.Enum(transferKinds, { type: 'string', description: 'What the line holds.' });

export const transferLineSchemas = {
  Group: Type.Object({ kind, group: groupCreationSchema }, { additionalProperties: false, description: 'A group.' }),
  User: Type.Object(
    { kind, user: userCreationSchema, credentials: userSpecSchema.properties.credentials },
    {
      additionalProperties: false,
      description:
        'A user. `credentials` absent leaves those of a user that is there; a list replaces them. Never exported.',
    },
  ),
  AclRule: Type.Object(
    { kind, id: Type.Optional(idSchema), rule: aclRuleCreationSchema },
    {
      additionalProperties: false,
      description: 'A rule. With the id of an export it is that same rule; without one, a new one each time.',
    },
  ),
} as const;

export const importResultSchema = Type.Object(
  {
    kind: Type.Enum(['Created', 'Replaced', 'Failed', 'Summary'], {
      type: 'string',
      description: 'What became of the line. `Summary` is the last one; without it, the import did not end.',
    }),
    line: Type.Optional(Type.Integer({ minimum: 1, description: 'The line of the request, from 1.' })),
    name: Type.Optional(Type.String({ maxLength: 255, description: 'The name or id of the resource.' })),
    detail: Type.Optional(Type.String({ maxLength: 1024, description: 'Why it failed.' })),
    errors: Type.Optional(
      Type.Array(fieldErrorSchema, { maxItems: 100, description: 'The fields that are not right.' }),
    ),
    created: Type.Optional(Type.Integer({ minimum: 0, description: 'How many, in the summary.' })),
    replaced: Type.Optional(Type.Integer({ minimum: 0, description: 'How many, in the summary.' })),
    failed: Type.Optional(Type.Integer({ minimum: 0, description: 'How many, in the summary.' })),
    isComplete: Type.Optional(
      Type.Boolean({ description: 'In the summary: every line was looked at. Else `detail` says why not.' }),
    ),
  },
  { additionalProperties: false, description: 'What became of one line, or of all.' },
);

export type ImportResult = Static<typeof importResultSchema>;
