/** A group of users: its rules and its quota hold for every member. */
import { type Static, Type } from 'typebox';
import { quotaSchema } from '../user.ts';
import { groupNameSchema, noteSchema, timestampSchema, versionSchema } from './resource-fields.ts';

const description = noteSchema('What it is for.');
const writableFields = { description: Type.Optional(description), quota: Type.Optional(quotaSchema) };

/** POST /v1/groups */
export const groupCreationSchema = Type.Object(
  { name: groupNameSchema, ...writableFields },
  { additionalProperties: false, description: 'A group to create.' },
);

/** PUT /v1/groups/{name} */
export const groupReplacementSchema = Type.Object(writableFields, {
  additionalProperties: false,
  description: 'Everything of a group but its name and members.',
});

/** PATCH /v1/groups/{name}, a JSON merge patch. */
export const groupPatchSchema = Type.Object(
  {
    description: Type.Optional(Type.Union([description, Type.Null()], { description: 'null: none.' })),
    quota: Type.Optional(Type.Union([quotaSchema, Type.Null()], { description: 'null: no limit.' })),
  },
  { additionalProperties: false, description: 'What to change of a group; null removes.' },
);

export const groupResourceSchema = Type.Object(
  {
    name: groupNameSchema,
    ...writableFields,
    version: versionSchema,
    createdAt: timestampSchema('When it was created.'),
    updatedAt: timestampSchema('When it was changed last.'),
  },
  { additionalProperties: false, description: 'A group.' },
);

export type GroupResource = Static<typeof groupResourceSchema>;
