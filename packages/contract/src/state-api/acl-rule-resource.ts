/** A rule of the access list: an allow rule as in sluice.yaml, of one user or of one group. */
import { type Static, Type } from 'typebox';
import { userSpecSchema } from '../user.ts';
import {
  groupNameSchema,
  idSchema,
  noteSchema,
  timestampSchema,
  userNameSchema,
  versionSchema,
} from './resource-fields.ts';

const { domains, cidrs, ports } = userSpecSchema.properties.allow.items.properties;
const comment = noteSchema('What it is for.');
const matchFields = { domains, cidrs, ports, comment: Type.Optional(comment) };
const subjectFields = { user: Type.Optional(userNameSchema), group: Type.Optional(groupNameSchema) };

/** POST /v1/acl-rules: exactly one of `user` and `group`. */
export const aclRuleCreationSchema = Type.Object(
  { ...subjectFields, ...matchFields },
  {
    additionalProperties: false,
    description: 'A rule to add; exactly one of user and group, every field given must hold.',
  },
);

/** PUT /v1/acl-rules/{id}: whose rule it is stays. */
export const aclRuleReplacementSchema = Type.Object(matchFields, {
  additionalProperties: false,
  description: 'What the rule allows; every field given must hold.',
});

export const aclRuleResourceSchema = Type.Object(
  {
    id: idSchema,
    ...subjectFields,
    ...matchFields,
    version: versionSchema,
    createdAt: timestampSchema('When it was added.'),
    updatedAt: timestampSchema('When it was changed last.'),
  },
  { additionalProperties: false, description: 'A rule of the access list.' },
);

export type AclRuleResource = Static<typeof aclRuleResourceSchema>;
