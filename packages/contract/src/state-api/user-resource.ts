/** A user as the state service's REST interface knows it: what is kept in Postgres, of which the published user is made. */
import { type Static, Type } from 'typebox';
import { withDefault } from '../schema-keywords.ts';
import { quotaSchema, userSpecSchema } from '../user.ts';
import { groupNameSchema, timestampSchema, userNameSchema, versionSchema } from './resource-fields.ts';

const maxGroupsOfUser = 64;

// Functions, because a default is written into the schema it is given for.
const enabled = () => Type.Boolean({ description: 'false: nobody logs in with this name, and its data stays.' });
const destinations = () =>
  Type.Enum(['Public', 'Rules'], {
    type: 'string',
    description:
      '`Public`: every public destination. `Rules`: what its ACL rules and those of its groups allow, nothing else.',
  });
const groups = () =>
  Type.Array(groupNameSchema, {
    maxItems: maxGroupsOfUser,
    uniqueItems: true,
    description: 'The groups it is a member of; they must exist.',
  });
const onRevoke = () =>
  Type.Enum(userSpecSchema.properties.onRevoke.enum, {
    type: 'string',
    description: 'What becomes of open tunnels when a permission is withdrawn.',
  });

const managedBy = () =>
  Type.String({
    minLength: 1,
    maxLength: 255,
    pattern: '^[A-Za-z0-9](?:[A-Za-z0-9._:/-]*[A-Za-z0-9])?$',
    description:
      'The program that keeps it, and puts it back or asks when others change it: `sluice-operator/<namespace>`. Absent: nobody does.',
  });

const writableFields = {
  enabled: withDefault(enabled(), true),
  destinations: withDefault(destinations(), 'Public'),
  groups: withDefault(groups(), []),
  quota: Type.Optional(quotaSchema),
  onRevoke: withDefault(onRevoke(), 'Keep'),
  managedBy: Type.Optional(managedBy()),
};

/** POST /v1/users */
export const userCreationSchema = Type.Object(
  { name: userNameSchema, ...writableFields },
  { additionalProperties: false, description: 'A user to create.' },
);

/** PUT /v1/users/{name}: what is left out takes its default. */
export const userReplacementSchema = Type.Object(writableFields, {
  additionalProperties: false,
  description: 'Everything of a user but its name and credentials.',
});

/** PATCH /v1/users/{name}, a JSON merge patch (RFC 7396): what is left out stays, null removes. */
export const userPatchSchema = Type.Object(
  {
    enabled: Type.Optional(enabled()),
    destinations: Type.Optional(destinations()),
    groups: Type.Optional(groups()),
    quota: Type.Optional(Type.Union([quotaSchema, Type.Null()], { description: 'null: no limit of its own.' })),
    onRevoke: Type.Optional(onRevoke()),
    managedBy: Type.Optional(Type.Union([managedBy(), Type.Null()], { description: 'null: nobody keeps it.' })),
  },
  { additionalProperties: false, description: 'What to change of a user; null removes.' },
);

export const userResourceSchema = Type.Object(
  {
    name: userNameSchema,
    enabled: enabled(),
    destinations: destinations(),
    groups: groups(),
    quota: Type.Optional(quotaSchema),
    onRevoke: onRevoke(),
    managedBy: Type.Optional(managedBy()),
    version: versionSchema,
    createdAt: timestampSchema('When it was created.'),
    updatedAt: timestampSchema('When it was changed last.'),
  },
  { additionalProperties: false, description: 'A user.' },
);

export type UserResource = Static<typeof userResourceSchema>;
