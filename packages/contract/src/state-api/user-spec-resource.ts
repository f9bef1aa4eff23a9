/**
 * A user with everything of its own, credentials and rules too: what a program that keeps users puts in one step, and reads back
 * with whether others have changed it since.
 */
import { type Static, Type } from 'typebox';
import { withDefault } from '../schema-keywords.ts';
import { aclRuleReplacementSchema } from './acl-rule-resource.ts';
import { credentialCreationSchema, credentialResourceSchema } from './credential-resource.ts';
import { idSchema } from './resource-fields.ts';
import { userReplacementSchema, userResourceSchema } from './user-resource.ts';

const maxCredentials = 8;
const maxRules = 256;

export const managedRevisionSchema = Type.String({
  minLength: 1,
  maxLength: 1024,
  pattern: '^[\\u0021-\\u007e]+$',
  description:
    'What the keeper made the user from, in its own words. While nobody else changes the user, putting the same one again does nothing.',
});

export const isEditedSchema = Type.Boolean({
  description: 'It is not as it was put last: others have changed it, or it was never put so.',
});

export const generationSchema = Type.Integer({
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'Grows whenever what is published of the user may be another.',
});

const rules = <Rule extends typeof aclRuleReplacementSchema | typeof aclRuleOfUserSchema>(rule: Rule) =>
  Type.Array(rule, {
    maxItems: maxRules,
    description: 'Its own rules, in their order; they count with destinations: Rules.',
  });

const aclRuleOfUserSchema = Type.Object(
  { id: idSchema, ...aclRuleReplacementSchema.properties },
  { additionalProperties: false, description: 'A rule of the user.' },
);

/** PUT /v1/users/{name}/spec: what is left out takes its default; without credentials nobody gets in. */
export const userSpecReplacementSchema = Type.Object(
  {
    ...userReplacementSchema.properties,
    managedRevision: Type.Optional(managedRevisionSchema),
    credentials: withDefault(
      Type.Array(credentialCreationSchema, {
        maxItems: maxCredentials,
        description: 'Instead of all there were. A verifier that is there already stays the credential it is.',
      }),
      [],
    ),
    rules: withDefault(rules(aclRuleReplacementSchema), []),
  },
  { additionalProperties: false, description: 'Everything of a user but its name.' },
);

export const userSpecResourceSchema = Type.Object(
  {
    ...userResourceSchema.properties,
    managedRevision: Type.Optional(managedRevisionSchema),
    isEdited: isEditedSchema,
    generation: generationSchema,
    credentials: Type.Array(credentialResourceSchema, {
      maxItems: maxCredentials,
      description: 'The oldest first, without what they check.',
    }),
    rules: rules(aclRuleOfUserSchema),
  },
  { additionalProperties: false, description: 'A user with its credentials and rules.' },
);

export type UserSpecReplacement = Static<typeof userSpecReplacementSchema>;
export type UserSpecResource = Static<typeof userSpecResourceSchema>;
