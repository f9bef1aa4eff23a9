/** How far managed users have come: stored as their keeper put them, published, in force on every proxy. */
import { type Static, Type } from 'typebox';
import { maxCursorLength, maxPageSize } from './page.ts';
import { userNameSchema } from './resource-fields.ts';
import { userResourceSchema } from './user-resource.ts';
import { generationSchema, isEditedSchema, managedRevisionSchema } from './user-spec-resource.ts';

const maxRejections = 20;

const rejectionSchema = Type.Object(
  {
    proxy: Type.String({ maxLength: 128, description: 'The proxy.' }),
    reason: Type.String({ maxLength: 1024, description: 'Why it goes on with what it had before.' }),
  },
  { additionalProperties: false, description: 'A proxy that did not take the user.' },
);

export const rolloutSchema = Type.Object(
  {
    name: userNameSchema,
    managedBy: userResourceSchema.properties.managedBy,
    managedRevision: Type.Optional(managedRevisionSchema),
    etag: Type.String({ maxLength: 64, description: 'The ETag of `/v1/users/{name}/spec`, with its quotes.' }),
    isEdited: isEditedSchema,
    generation: generationSchema,
    isPublished: Type.Boolean({ description: 'Proxies have been told of this generation.' }),
    acknowledged: Type.Integer({ minimum: 0, description: 'Proxies that have it in force.' }),
    rejections: Type.Array(rejectionSchema, {
      maxItems: maxRejections,
      description: `Proxies that did not take it, the first ${maxRejections}.`,
    }),
    rejected: Type.Integer({ minimum: 0, description: 'How many did not take it.' }),
  },
  { additionalProperties: false, description: 'How far a user has come.' },
);

export const rolloutPageSchema = Type.Object(
  {
    items: Type.Array(rolloutSchema, { maxItems: maxPageSize, description: 'By name.' }),
    next: Type.Optional(
      Type.String({ maxLength: maxCursorLength, description: '`cursor` of the next page; absent: this is the last.' }),
    ),
    proxies: Type.Integer({ minimum: 0, description: 'Live proxies: that said something in the last thirty seconds.' }),
    isSettled: Type.Boolean({
      description:
        'false: this process has not listened for long enough to have heard from every proxy; the counts may be low.',
    }),
  },
  { additionalProperties: false, description: 'A page of managed users.' },
);

export type RolloutResource = Static<typeof rolloutSchema>;
export const maxShownRejections: number = maxRejections;
